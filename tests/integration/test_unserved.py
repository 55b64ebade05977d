"""A queue whose messages do not come although the broker counts us among its consumers."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from aiormq.abc import DeliveredMessage, FieldTable
from aiormq.channel import Channel

from tests.support.services import Addresses
from worker.amqp import consumer as consumers
from worker.amqp.connection import connected, open_channel
from worker.amqp.consumer import Consumer
from worker.errors import BrokerUnavailable

CHECK_SECONDS = 0.5


@pytest.fixture
async def channels(
    services: Addresses, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[tuple[Channel, Channel]]:
    monkeypatch.setattr(consumers, "CHECK_SECONDS", CHECK_SECONDS)
    monkeypatch.setattr(consumers, "_SILENCE_SECONDS", 0.0)
    async with connected(services.amqp_url, "tests") as connection:
        yield await open_channel(connection), await open_channel(connection)


async def _queue_of_another(channel: Channel) -> str:
    """A queue with messages that serves one consumer at a time, and that is on this channel."""
    held = asyncio.Event()

    async def hold(_: DeliveredMessage) -> None:
        held.set()

    arguments: FieldTable = {"x-single-active-consumer": True}
    queue = (await channel.queue_declare(exclusive=True, arguments=arguments)).queue or ""
    await channel.basic_qos(prefetch_count=1)
    await channel.basic_consume(queue, hold)
    for _ in range(3):
        await channel.basic_publish(b"{}", routing_key=queue)
    await asyncio.wait_for(held.wait(), 5)
    return queue


async def test_a_queue_that_does_not_serve_us_is_a_lost_broker(channels: tuple[Channel, Channel]) -> None:
    queue = await _queue_of_another(channels[0])
    ours = Consumer(channels[1], (queue,), prefetch=10, batch_size=1)
    await ours.start()

    with pytest.raises(BrokerUnavailable, match="has messages, and none is delivered"):
        await asyncio.wait_for(ours.watch(), 10 * CHECK_SECONDS)


async def test_messages_that_come_between_two_looks_were_on_their_way(
    channels: tuple[Channel, Channel],
) -> None:
    queue = await _queue_of_another(channels[0])
    ours = Consumer(channels[1], (queue,), prefetch=10, batch_size=1)
    await ours.start()
    watching = asyncio.create_task(ours.watch())
    await asyncio.wait([watching], timeout=1.5 * CHECK_SECONDS)
    await channels[0].close()

    assert await asyncio.wait_for(ours.take(), 5)
    await asyncio.wait([watching], timeout=3 * CHECK_SECONDS)
    assert not watching.done()
    watching.cancel()


async def test_who_has_put_aside_all_that_it_may_hold_is_served_no_more_and_does_not_complain(
    channels: tuple[Channel, Channel],
) -> None:
    queue = (await channels[0].queue_declare(exclusive=True)).queue or ""
    for _ in range(4):
        await channels[0].basic_publish(b"{}", routing_key=queue)
    ours = Consumer(channels[0], (queue,), prefetch=2, batch_size=1)
    await ours.start()
    watching, widening = asyncio.create_task(ours.watch()), asyncio.create_task(ours.widen())
    # One before there was a second consumer, and as many as that may hold.
    aside = []
    for _ in range(3):
        (each,) = await asyncio.wait_for(ours.take(), 5)
        ours.put_aside(each)
        ours.finished()
        aside.append(each)

    await asyncio.wait([watching], timeout=4 * CHECK_SECONDS)
    assert not watching.done()
    for each in reversed(aside):
        ours.hand_out_again(each)
    assert await asyncio.wait_for(ours.take(), 5) == aside[:1]
    watching.cancel()
    widening.cancel()
