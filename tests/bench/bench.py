"""What a comparison stands on: services, a subscriber that listens, a load that can be sent."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from tests.bench.load import Load
from tests.bench.subscriber import Subscriber
from worker.amqp.connection import connected, open_channel
from worker.amqp.publisher import Publisher
from worker.demo.stage import a_stage


@asynccontextmanager
async def a_load() -> AsyncIterator[Load]:
    """On private services, which end with it."""
    async with a_stage() as stage, connected(stage.services.rabbitmq.amqp_url, "bench") as connection:
        subscriber = Subscriber(await open_channel(connection))
        await subscriber.open()
        yield Load(stage, Publisher(stage.channel), subscriber)
