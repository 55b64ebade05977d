"""kill -9 of the worker: at every place of the message path, and at random moments."""

import operator
import random
import signal
from functools import partial

import pytest

from tests.support.broker import Broker, Subscriber
from tests.support.carts import requests
from tests.support.database import Database
from tests.support.eventually import eventually
from tests.support.oracle import assert_ordered_once, every_checkout_answered
from tests.support.worker_process import Workers


@pytest.mark.parametrize("place", ["before-commit", "committed", "confirmed", "acknowledged"])
async def test_a_kill_at_any_place_loses_nothing_and_orders_nothing_twice(
    broker: Broker, events: Subscriber, database: Database, workers: Workers, place: str
) -> None:
    sent = requests(60, "licenses", "storage")
    await broker.submit(*sent)

    killed = await workers.launch(failpoint=f"{place}:kill", batch_size=20)
    assert await killed.exit_code() == -signal.SIGKILL
    await eventually(broker.consumers, lambda count: count == 0)
    await _assert_reached(place, broker, events, database, len(sent))

    second = await workers.start(sweep_after_seconds=1)
    await every_checkout_answered(database, events, sent)
    assert await second.stop() == 0
    await assert_ordered_once(database, broker, events.messages, sent)


async def _assert_reached(
    place: str, broker: Broker, events: Subscriber, database: Database, sent: int
) -> None:
    """The worker died where it should have: after one step and before the next."""
    stored = await database.count("checkouts")
    if place == "before-commit":
        assert (stored, await broker.ready(), events.messages) == (0, sent, [])
        return
    assert 0 < stored <= sent
    assert await database.value("SELECT count(*) FROM checkouts WHERE publication <> 'pending'") == 0
    if place == "committed":
        assert (await broker.ready(), events.messages) == (sent, [])
        return
    await events.until_ids(1)
    # Acknowledgements may or may not have left the process.
    assert (await broker.ready() == sent) if place == "confirmed" else (await broker.ready() <= sent)


async def test_a_kill_while_resubmissions_are_answered_repeats_the_stored_events(
    broker: Broker, events: Subscriber, database: Database, workers: Workers
) -> None:
    sent = requests(20, "a")
    first = await workers.start()
    await broker.submit(*sent)
    await every_checkout_answered(database, events, sent)
    assert await first.stop() == 0

    await broker.submit(*sent)
    killed = await workers.launch(failpoint="confirmed:kill")
    assert await killed.exit_code() == -signal.SIGKILL
    await eventually(broker.consumers, lambda count: count == 0)
    last = await workers.start()
    await events.until(40)
    # What the killed one published counts among them: some may be left, which are then in hand at least.
    await eventually(broker.ready, lambda count: count == 0)
    assert await last.stop() == 0
    await assert_ordered_once(database, broker, events.messages, sent)


@pytest.mark.parametrize("seed", [1, 2])
async def test_kills_at_random_moments_lose_nothing_and_order_nothing_twice(
    broker: Broker, events: Subscriber, database: Database, workers: Workers, seed: int
) -> None:
    moments = random.Random(seed)
    sent = requests(500, "licenses", "storage")
    await broker.submit(*sent)

    for progress in sorted(moments.sample(range(450), 5)):
        # Small batches: a fast worker would be done before it is killed.
        worker = await workers.launch(batch_size=8, prefetch=40)
        await worker.until_consuming()
        await eventually(partial(database.count, "checkouts"), partial(operator.le, progress))
        worker.kill()
        assert await worker.exit_code() == -signal.SIGKILL

    last = await workers.start(sweep_after_seconds=1)
    await every_checkout_answered(database, events, sent)
    assert await last.stop() == 0
    await assert_ordered_once(database, broker, events.messages, sent)
