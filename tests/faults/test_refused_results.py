"""A subscriber whose queue is full and refuses: trouble of its own, and of nobody else."""

from collections.abc import AsyncIterator

import pytest

from tests.support.broker import Broker, Subscriber
from tests.support.carts import requests
from tests.support.database import Database
from tests.support.eventually import eventually
from tests.support.health import Health
from tests.support.worker_process import Workers
from worker.links import PIPELINES

REFUSING = "tests.full"
PENDING = "SELECT count(*) FROM checkouts WHERE publication = 'pending'"


@pytest.fixture
async def full(broker: Broker) -> AsyncIterator[None]:
    """A queue for the results of shop-b that has no room."""
    await broker.refuse_events(REFUSING, "checkout.*.shop-b")
    yield
    await broker.give_up(REFUSING)


async def _refused(health: Health, times: int) -> None:
    await eventually(lambda: health.metric("checkout_events_refused_total"), lambda count: count >= times)


@pytest.mark.usefixtures("full")
async def test_other_subscribers_are_served_and_the_refused_events_follow_when_there_is_room(
    broker: Broker, events: Subscriber, database: Database, workers: Workers
) -> None:
    worker = await workers.start(sweep_after_seconds=1)
    refused, others = requests(10, "a"), requests(50, "a")
    await broker.submit(*refused, source="shop-b")
    await eventually(lambda: database.count("checkouts"), lambda count: count == 10)
    await broker.submit(*others, source="shop-a")

    async def heard_by_others() -> int:
        return len({each.id for each in events.messages if each.routing_key.endswith("shop-a")})

    await eventually(heard_by_others, lambda count: count == 50)
    assert await database.value(PENDING) > 0
    await broker.give_up(REFUSING)
    await eventually(lambda: database.value(PENDING), lambda count: count == 0)
    assert await worker.stop() == 0
    assert (await broker.ready(), await broker.ready("cart.dead-letters")) == (0, 0)
    assert await database.count("orders") == 60


@pytest.mark.usefixtures("full")
async def test_a_cart_is_settled_while_its_result_is_refused(
    broker: Broker, database: Database, workers: Workers
) -> None:
    """Left in its queue, it would use up its deliveries, and be dead-lettered long after it was ordered."""
    health = Health()
    worker = await workers.start(http_address=health.address)
    await broker.submit(*requests(10, "a"), source="shop-b")
    await eventually(lambda: database.count("checkouts"), lambda count: count == 10)
    await _refused(health, 10)
    assert await worker.stop() == 0

    await eventually(broker.consumers, lambda count: count == 0)
    assert (await broker.ready(), await broker.ready("cart.dead-letters")) == (0, 0)
    assert await database.value(PENDING) == 10


@pytest.mark.usefixtures("full")
async def test_others_do_not_hear_each_refused_event_twice(
    broker: Broker, events: Subscriber, workers: Workers
) -> None:
    health = Health()
    worker = await workers.start(http_address=health.address)
    for number, request in enumerate(requests(9, "a"), start=1):
        await broker.submit(request, source="shop-b")
        await _refused(health, number)
    assert await worker.stop() == 0
    await events.until_ids(9)
    # Each channel makes sure every ten seconds that it is not itself what is refused: one a pipeline.
    assert len(events.messages) <= 9 + 2 * PIPELINES
