"""Workers as processes and the catalog that changes below them."""

import asyncio

from tests.support.broker import Broker, Subscriber
from tests.support.carts import STORAGE, requests
from tests.support.catalog import LISTENERS, Orders, an_item, change_silently, import_items
from tests.support.database import Database
from tests.support.oracle import assert_ordered_once, every_checkout_answered
from tests.support.worker_process import Workers


async def test_imports_under_load_harm_nothing(
    broker: Broker, events: Subscriber, database: Database, workers: Workers
) -> None:
    worker = await workers.start(batch_size=10)
    sent = requests(1_000, "licenses", "storage")
    sending = asyncio.create_task(broker.submit(*sent))
    for turn in range(5):
        await import_items(database, *(an_item(f"{turn}-{number}") for number in range(5_000)))
    await sending
    await every_checkout_answered(database, events, sent)
    await worker.until_logged('"revision": 6')
    assert await worker.stop() == 0
    await assert_ordered_once(database, broker, events.messages, sent)


async def test_a_catalog_that_was_emptied_by_hand_is_not_taken_over(
    broker: Broker, events: Subscriber, database: Database, workers: Workers
) -> None:
    worker = await workers.start()
    await change_silently(database, "DELETE FROM catalog_items")
    await worker.until_logged("worker.catalog-kept")
    assert await Orders(broker, events).outcome(STORAGE) == "checkout.completed"
    await import_items(database, an_item("new"))
    await Orders(broker, events).until("checkout.completed", "new", within=5)
    assert await worker.stop() == 0


async def test_an_open_catalog_has_nobody_listen(database: Database, workers: Workers) -> None:
    following = await workers.start()
    assert len(await database.rows(LISTENERS)) == 1
    assert await following.stop() == 0
    worker = await workers.start(catalog="open")
    assert await database.rows(LISTENERS) == []
    assert await worker.stop() == 0
