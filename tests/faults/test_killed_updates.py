"""kill -9 of a worker that updates carts and checks them out: nothing is lost, nothing applied twice."""

import json
import signal
from functools import partial

import pytest

from tests.support.broker import CHECKOUT, QUEUES, UPDATE, Broker, Subscriber, distinct
from tests.support.carts import requests
from tests.support.database import Database
from tests.support.eventually import eventually
from tests.support.worker_process import Workers

STORED = "SELECT event_id, event_type, source, body FROM outcomes"
PENDING = "SELECT count(*) FROM outcomes WHERE publication = 'pending'"


@pytest.mark.parametrize("place", ["before-commit", "committed", "confirmed", "acknowledged"])
async def test_a_kill_at_any_place_loses_no_update_and_applies_none_twice(
    broker: Broker, events: Subscriber, database: Database, workers: Workers, place: str
) -> None:
    updates, checkouts = requests(30, "a"), requests(30, "a")
    await broker.submit(*updates, key=UPDATE)
    await broker.submit(*checkouts)

    killed = await workers.launch(failpoint=f"{place}:kill", batch_size=10)
    assert await killed.exit_code() == -signal.SIGKILL
    for queue in (UPDATE, CHECKOUT):
        await eventually(partial(broker.consumers, queue), lambda count: count == 0)

    second = await workers.start(sweep_after_seconds=1)
    await events.until_ids(60, within=60)
    await eventually(lambda: database.value(PENDING), lambda count: count == 0, within=60)
    assert await second.stop() == 0

    heard, stored = distinct(events.messages), await database.rows(STORED)
    assert {key: (each.routing_key, each.body) for key, each in heard.items()} == {
        str(row["event_id"]): (f"{row['event_type']}.{row['source']}", row["body"]) for row in stored
    }
    assert (await database.count("cart_updates"), await database.count("orders")) == (30, 30)
    versions = await database.rows("SELECT DISTINCT version FROM carts")
    assert versions == [{"version": 1}]
    assert {queue: await broker.ready(queue) for queue in QUEUES} == dict.fromkeys(QUEUES, 0)


async def test_an_update_that_was_committed_and_not_published_is_swept_without_its_message(
    broker: Broker, events: Subscriber, database: Database, workers: Workers
) -> None:
    """The message is gone as well: the row alone is enough."""
    (update,) = requests(1, "a")
    await broker.submit(update, key=UPDATE)
    killed = await workers.launch(failpoint="committed:kill")
    assert await killed.exit_code() == -signal.SIGKILL
    await eventually(lambda: broker.ready(UPDATE), lambda count: count == 1)
    await broker.purge()
    assert events.messages == []

    last = await workers.start(sweep_after_seconds=1)
    (event,) = await events.until(1)
    assert event.body == await database.value("SELECT body FROM cart_updates")
    assert json.loads(event.body)["cartId"] == update.cart_id
    await eventually(lambda: database.value(PENDING), lambda count: count == 0)
    assert await last.stop() == 0
