"""The services that a command talks to, for as long as it runs."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiormq.channel import Channel

from worker.amqp.connection import connected, open_channel
from worker.amqp.topology import require_exchange, require_right_to_publish
from worker.postgres.pool import Pool, open_pool
from worker.settings import Settings

_LOOKUP_SECONDS = 60.0
# Which index serves a look-up depends on what is asked for, however often it is asked.
_LOOKUPS = {"plan_cache_mode": "force_custom_plan"}


@asynccontextmanager
async def database(
    settings: Settings, *, statement_seconds: float | None = _LOOKUP_SECONDS
) -> AsyncIterator[Pool]:
    """A small pool without the limits of the message path: look-ups may scan, migrations take their time.

    Raises:
        ConfigurationFault: and DatabaseUnavailable at the first use.
    """
    pool = await open_pool(
        settings.database,
        connections=4,
        application="checkout-cli",
        settings=_LOOKUPS,
        statement_seconds=statement_seconds,
    )
    try:
        yield pool
    finally:
        pool.terminate()


@asynccontextmanager
async def broker(settings: Settings) -> AsyncIterator[Channel]:
    """A channel in confirm mode. Raises: ConfigurationFault, BrokerUnavailable."""
    async with connected(settings.amqp, "checkout-cli") as connection:
        yield await open_channel(connection)


@asynccontextmanager
async def publishing(settings: Settings, exchange: str) -> AsyncIterator[Channel]:
    """A channel to publish to this exchange with.

    Raises:
        ConfigurationFault, TopologyFault: the exchange is not there.
        BrokerUnavailable: nobody answers, or this user may not publish there.
    """
    async with broker(settings) as channel:
        await require_exchange(channel, exchange)
        await require_right_to_publish(channel, exchange)
        yield channel
