"""A worker's life: start, stop, and what it waits for."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from tests.support.broker import SOURCE, Broker, Subscriber
from tests.support.carts import CATALOG, Request, a_request, guid, requests
from tests.support.command_line import CommandLine
from tests.support.database import Database
from tests.support.eventually import eventually
from tests.support.oracle import assert_ordered_once, every_checkout_answered
from tests.support.worker_process import Workers


async def test_a_stopped_worker_has_finished_what_it_began_and_another_does_the_rest(
    broker: Broker, events: Subscriber, database: Database, workers: Workers
) -> None:
    sent = requests(1000, "licenses", "storage")
    worker = await workers.start(batch_size=10, prefetch=50)
    sending = asyncio.create_task(broker.submit(*sent))
    await eventually(lambda: database.count("checkouts"), lambda count: count >= 100)

    assert await worker.stop() == 0
    await sending
    # What was begun is finished: every row has its event, and is marked.
    stored = await database.count("checkouts")
    assert stored < len(sent)
    await events.until(stored)
    assert await database.value("SELECT count(*) FROM checkouts WHERE publication <> 'published'") == 0
    assert await broker.ready() == len(sent) - stored

    other = await workers.start()
    await every_checkout_answered(database, events, sent)
    assert await other.stop() == 0
    await assert_ordered_once(database, broker, events.messages, sent)
    assert len(events.messages) == len(sent)


async def test_an_idle_worker_stops_at_once(broker: Broker, workers: Workers) -> None:
    worker = await workers.start()
    assert await broker.consumers() == 1
    worker.terminate()
    assert await worker.exit_code(within=5) == 0
    assert await broker.consumers() == 0


@asynccontextmanager
async def _stuck(request: Request, broker: Broker, database: Database) -> AsyncIterator[None]:
    """A lock that somebody else holds on the carts keeps a batch from being finished."""
    async with Database(database.url) as other:
        await other.execute("BEGIN")
        await other.execute("LOCK TABLE carts")
        await broker.submit(request)
        await eventually(lambda: database.value("SELECT count(*) FROM pg_locks WHERE NOT granted"))
        yield
        await other.execute("ROLLBACK")


async def test_a_second_signal_does_not_wait_for_the_drain(
    broker: Broker, events: Subscriber, database: Database, workers: Workers
) -> None:
    worker = await workers.start(grace_seconds=60)
    request = a_request("a")
    async with _stuck(request, broker, database):
        worker.terminate()
        await worker.until_logged("worker.draining")
        worker.terminate()
        assert await worker.exit_code(within=8) != 0
    assert await database.count("checkouts") == 0

    last = await workers.start()
    await events.until(1)
    assert await last.stop() == 0
    await assert_ordered_once(database, broker, events.messages, [request])


async def test_what_is_not_finished_within_the_grace_is_left_for_others(
    broker: Broker, events: Subscriber, database: Database, workers: Workers
) -> None:
    worker = await workers.start(grace_seconds=1)
    request = a_request("a")
    async with _stuck(request, broker, database):
        worker.terminate()
        assert await worker.exit_code(within=15) == 0
    await eventually(broker.ready, lambda count: count == 1)
    assert await broker.ready("cart.dead-letters") == 0

    last = await workers.start()
    await events.until(1)
    assert await last.stop() == 0
    await assert_ordered_once(database, broker, events.messages, [request])


async def test_a_worker_without_a_catalog_does_not_consume_until_there_is_one(
    broker: Broker,
    events: Subscriber,
    database: Database,
    workers: Workers,
    command_line: CommandLine,
) -> None:
    await database.execute("DELETE FROM catalog_items")
    await broker.submit(a_request("a"))
    worker = await workers.launch()
    await worker.until_logged("worker.waiting-for-catalog")
    assert (await broker.consumers(), await broker.ready()) == (0, 1)

    lines = "\n".join(item.to_json().decode() for item in CATALOG)
    assert (await command_line.run("catalog", "import", command_line.file("c.ndjson", lines))).code == 0
    (event,) = await events.until(1)
    assert event.properties.message_type == "checkout.completed"
    assert await worker.stop() == 0


async def test_a_worker_that_waits_for_a_catalog_can_be_stopped(database: Database, workers: Workers) -> None:
    await database.execute("DELETE FROM catalog_items")
    worker = await workers.launch()
    await worker.until_logged("worker.waiting-for-catalog")
    worker.terminate()
    assert await worker.exit_code(within=5) == 0


async def test_an_imported_catalog_is_followed_without_a_restart(
    broker: Broker,
    events: Subscriber,
    database: Database,
    workers: Workers,
    command_line: CommandLine,
) -> None:
    worker = await workers.start()
    lines = "\n".join(item.to_json().decode().replace("300", "3") for item in CATALOG)
    assert (await command_line.run("catalog", "import", command_line.file("c.ndjson", lines))).code == 0
    await worker.until_logged('"revision": 2')
    await broker.submit(a_request("a"))
    request = a_request("b")
    body = json.dumps(request.document).replace('"quantity": 2', '"quantity": 4').encode()
    await broker.publish(body, message_id=request.message_id, app_id=SOURCE)
    await events.until(2)
    assert await database.value("SELECT code FROM order_errors") == 800017
    assert await database.count("orders") == 1
    assert await worker.stop() == 0


async def test_an_open_catalog_orders_what_it_does_not_know(
    broker: Broker, events: Subscriber, database: Database, workers: Workers
) -> None:
    await database.execute("DELETE FROM catalog_items")
    worker = await workers.start(catalog="open", default_currency="EUR")
    line = {"catalogItemId": guid(), "quantity": 400, "billingCycle": "monthly", "orderGroup": "a"}
    request = a_request("a")
    body = json.dumps(request.document | {"cart": {"id": request.cart_id, "lineItems": [line]}}).encode()
    await broker.publish(body, message_id=request.message_id)
    (event,) = await events.until(1)
    assert event.properties.message_type == "checkout.completed"
    assert await database.value("SELECT currency_code FROM orders") == "EUR"
    assert await worker.stop() == 0


async def test_a_worker_keeps_its_row_while_it_lives(
    broker: Broker, database: Database, workers: Workers
) -> None:
    assert await broker.ready() == 0
    worker = await workers.start()
    (row,) = await eventually(lambda: database.rows("SELECT worker_id, version, state FROM workers"))
    assert str(worker.pid) in row["worker_id"]
    assert row["version"]
    assert await worker.stop() == 0
    assert await database.value("SELECT state FROM workers") == "stopped"
