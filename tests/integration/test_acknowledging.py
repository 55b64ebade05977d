"""Several batches are finished at once: each acknowledges its own, and the broker understands all of it."""

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiormq import spec
from aiormq.channel import Channel

from tests.support.services import Addresses
from worker.amqp.connection import connected, open_channel
from worker.amqp.consumer import Consumer
from worker.amqp.delivery import Delivery

MESSAGES = 1_200
AT_ONCE = 40


@asynccontextmanager
async def _consuming(channel: Channel, queue: str) -> AsyncIterator[Consumer]:
    consumer = Consumer(channel, (queue,), prefetch=MESSAGES, batch_size=MESSAGES)
    await consumer.start()
    widening = asyncio.create_task(consumer.widen())
    try:
        yield consumer
    finally:
        widening.cancel()


async def _taken(consumer: Consumer) -> list[Delivery]:
    deliveries: list[Delivery] = []
    async with asyncio.timeout(20):
        while len(deliveries) < MESSAGES:
            deliveries += await consumer.take()
            # So that a batch that is not full may follow; nothing is acknowledged by it.
            consumer.finished()
    return deliveries


async def test_batches_that_end_at_once_in_any_order_leave_nothing_and_close_nothing(
    services: Addresses,
) -> None:
    chance = random.Random(5)
    async with connected(services.amqp_url, "tests") as connection:
        channel = await open_channel(connection)
        queue = (await channel.queue_declare(exclusive=True)).queue or ""
        for _ in range(MESSAGES):
            await channel.basic_publish(b"{}", routing_key=queue, properties=spec.Basic.Properties())
        async with _consuming(channel, queue) as consumer:
            deliveries = await _taken(consumer)
            batches: list[list[Delivery]] = [[] for _ in range(AT_ONCE)]
            for delivery in deliveries:
                chance.choice(batches).append(delivery)
            await asyncio.gather(*map(consumer.ack, batches))
            await consumer.stop()
        # The answer comes after whatever the broker had to say against an acknowledgement.
        assert (await channel.queue_declare(queue, passive=True)).message_count == 0
        await channel.basic_recover(requeue=True)
        assert (await channel.queue_declare(queue, passive=True)).message_count == 0
