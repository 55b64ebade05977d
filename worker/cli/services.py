"""The services that a command talks to, for as long as it runs."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiormq.channel import Channel
from yarl import URL

from worker.amqp.connection import connected, open_channel
from worker.amqp.topology import require_exchange, require_right_to_publish
from worker.errors import BrokerUnavailable, DatabaseUnavailable
from worker.postgres.pool import Pool, open_pool
from worker.settings import Settings

_LOOKUP_SECONDS = 60.0
_DATABASE_PORT = 5432
_ALARM_SECONDS = 25.0
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
    except DatabaseUnavailable as fault:
        if isinstance(fault.__cause__, OSError):
            raise DatabaseUnavailable(f"{fault}{_place(settings.database)}") from fault.__cause__
        raise
    finally:
        pool.terminate()


def _place(text: str) -> str:
    """Host and port, where they are plain: a password that is not encoded may be mistaken for them."""
    try:
        url = URL(text)
    except ValueError:
        return ""
    is_plain = url.host and text.count("@") == bool(url.user)
    return f" ({url.host_subcomponent}:{url.port or _DATABASE_PORT})" if is_plain else ""


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
        BrokerUnavailable: nobody answers, this user may not publish there, or nobody may.
    """
    async with broker(settings) as channel:
        await require_exchange(channel, exchange)
        await require_right_to_publish(channel, exchange)
        await _require_no_alarm(channel)
        yield channel


async def _require_no_alarm(channel: Channel) -> None:
    """A broker tells that it blocks publishing when something is first published, as it just was."""
    try:
        async with asyncio.timeout(_ALARM_SECONDS):
            await channel.connection.ready()
    except TimeoutError:
        raise BrokerUnavailable(
            "The broker blocks publishing, so nothing was sent: check its memory and disk alarms"
        ) from None
