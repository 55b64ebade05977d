"""Two worker processes at the same queue."""

import random

from tests.support.broker import Broker, Subscriber, distinct
from tests.support.carts import Request, requests
from tests.support.database import Database
from tests.support.eventually import eventually
from tests.support.oracle import assert_ordered_once, every_checkout_answered
from tests.support.worker_process import Workers


async def test_carts_that_are_submitted_twice_are_ordered_once_and_every_message_is_answered(
    broker: Broker, events: Subscriber, database: Database, workers: Workers
) -> None:
    first = requests(200, "licenses", "storage")
    second = [Request(lines=each.lines, customer_id=each.customer_id, cart_id=each.cart_id) for each in first]
    sent = [*first, *second]
    random.Random(2).shuffle(sent)
    started = [await workers.launch(batch_size=20, prefetch=20) for _ in range(2)]
    for worker in started:
        await worker.until_consuming()

    await broker.submit(*sent)
    await every_checkout_answered(database, events, sent)

    assert [await worker.stop() for worker in started] == [0, 0]
    await assert_ordered_once(database, broker, events.messages, sent)
    settled = await database.rows("SELECT settled FROM workers")
    assert len(settled) == 2


async def test_the_work_of_a_worker_that_goes_is_done_by_the_one_that_stays(
    broker: Broker, events: Subscriber, database: Database, workers: Workers
) -> None:
    sent = requests(300, "a")
    going, staying = [
        await workers.launch(batch_size=5, prefetch=50, sweep_after_seconds=1) for _ in range(2)
    ]
    for worker in (going, staying):
        await worker.until_consuming()

    await broker.submit(*sent)
    await eventually(lambda: database.count("checkouts"))
    going.kill()
    await every_checkout_answered(database, events, sent)

    assert await staying.stop() == 0
    await assert_ordered_once(database, broker, events.messages, sent)
    assert len(distinct(events.messages)) == 300
