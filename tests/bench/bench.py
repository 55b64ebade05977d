"""What a comparison stands on: services, a subscriber that listens, a load that can be sent."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from tests.bench.load import Load
from tests.bench.subscriber import Subscriber
from worker.amqp.connection import connected, open_channel
from worker.amqp.publisher import Publisher
from worker.demo.stage import a_stage

# For a million stored checkouts, without a checkpoint every half a minute; all else is PostgreSQL's default.
POSTGRES_SETTINGS: Final = {"shared_buffers": "1GB", "max_wal_size": "8GB", "checkpoint_timeout": "15min"}


@asynccontextmanager
async def a_load() -> AsyncIterator[Load]:
    """On private services, which end with it."""
    async with (
        a_stage(POSTGRES_SETTINGS) as stage,
        connected(stage.services.rabbitmq.amqp_url, "bench") as connection,
    ):
        subscriber = Subscriber(await open_channel(connection))
        await subscriber.open()
        yield Load(stage, Publisher(stage.channel), subscriber)
