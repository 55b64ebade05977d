"""What a comparison stands on: services, a subscriber that listens, a load that can be sent."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from tests.bench.load import Load
from tests.bench.plain_connection import plainly_connected
from tests.bench.subscriber import Subscriber
from worker.demo.stage import a_stage

# For a million stored checkouts, without a checkpoint every half a minute; all else is PostgreSQL's default.
POSTGRES_SETTINGS: Final = {"shared_buffers": "1GB", "max_wal_size": "8GB", "checkpoint_timeout": "15min"}


@asynccontextmanager
async def a_load() -> AsyncIterator[Load]:
    """On private services, which end with it."""
    async with a_stage(POSTGRES_SETTINGS) as stage:
        url = stage.services.rabbitmq.amqp_url
        # The broker holds back a connection that publishes too fast: results come on another one.
        async with plainly_connected(url) as publishing, plainly_connected(url) as hearing:
            subscriber = Subscriber(hearing)
            await subscriber.open(stage.channel)
            yield Load(stage, publishing, subscriber)
