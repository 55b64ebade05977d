"""The composition root: settings in, running parts out."""

import asyncio
import gc
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from datetime import timedelta
from typing import Final

import structlog

from worker.amqp.connection import connected, open_channel
from worker.amqp.consumer import Consumer
from worker.amqp.decode import Limits
from worker.amqp.publisher import Publisher
from worker.amqp.topology import require, topology_for
from worker.breaker import Breaker
from worker.catalog_follower import CatalogFollower
from worker.collector import tune_collector
from worker.deadletters import archive as archiving
from worker.errors import ConfigurationFault, DatabaseUnavailable, WorkerError
from worker.failpoints import Failpoints
from worker.health import serving
from worker.held_carts import HeldCarts
from worker.links import PIPELINES, Links, connected_links
from worker.outbox import Outbox
from worker.pipeline import Parts, Pipeline
from worker.postgres.attempts import Attempts
from worker.postgres.catalog_feed import listening
from worker.postgres.checkouts import Checkouts
from worker.postgres.dead_letters import DeadLetters
from worker.postgres.migrate import check_schema
from worker.postgres.pool import Pool, acquired, open_pool
from worker.postgres.rights import check_rights
from worker.postgres.stored_events import StoredEvents
from worker.postgres.workers import Workers
from worker.redelivery import Redeliveries
from worker.session import Session
from worker.settings import CatalogMode, Settings, unknown_settings
from worker.status import State, Status
from worker.supervisor import Supervisor
from worker.sweeper import Sweeper
from worker.telemetry import LogEvent
from worker.watchdog import Watchdog

# Outbox, held carts, sweeper, signs of life, archive.
_OTHER_CONNECTIONS: Final = 5
_BRIEFLY_SECONDS: Final = 1.5
_AGAIN_SECONDS: Final = 0.1

log = structlog.get_logger()


async def run_worker(settings: Settings) -> None:
    """Run until told to stop. Raises: ConfigurationFault, SchemaMismatch."""
    status = Status()
    failpoints = Failpoints(settings.failpoint)
    if settings.failpoint:
        log.warning(LogEvent.FAILPOINT_ARMED, failpoint=settings.failpoint)
    if unknown := unknown_settings():
        log.warning(LogEvent.UNKNOWN_SETTINGS, names=unknown, cure="look at their spelling, or unset them")
    pool = await open_pool(
        settings.database, connections=PIPELINES + _OTHER_CONNECTIONS, application=status.worker_id
    )

    follower = catalog_follower(settings, status)

    async def run_session(stop: asyncio.Event) -> None:
        status.become(State.STARTING, "connecting")
        # The session before holds itself, and every body that it had.
        gc.collect()
        async with open_session(settings, pool, status, failpoints, follower) as session:
            await session.run(stop, grace=settings.grace_seconds)

    log.info(LogEvent.STARTING, worker=status.worker_id, version=status.version, catalog=settings.catalog)
    tune_collector()
    watching = asyncio.create_task(_watchdog(settings, status, follower).run())
    try:
        async with serving(settings, status):
            await Supervisor(run_session, status).run()
        await _briefly(settings, status, lambda own: Workers(own).beat(status.beat()))
    finally:
        watching.cancel()
        pool.terminate()


def _watchdog(settings: Settings, status: Status, follower: CatalogFollower) -> Watchdog:
    async def look_at_broker() -> None:
        async with connected(settings.amqp, f"{status.worker_id} watchdog") as connection:
            channel = await open_channel(connection)
            await require(channel, topology_for(channel))

    async def look_at_database() -> None:
        async with _own_pool(settings, f"{status.worker_id} watchdog") as pool:
            await Workers(pool).beat(status.beat())
            await _check_database(pool)

    async def look_at_catalog() -> None:
        if not follower.is_usable:
            raise ConfigurationFault("the catalog is empty")

    looks = (look_at_broker, look_at_database, look_at_catalog)
    return Watchdog(status, looks, settings.watchdog_seconds)


async def _briefly(settings: Settings, status: Status, work: Callable[[Pool], Awaitable[None]]) -> None:
    """Do this if the database answers soon: it may be frozen, and nobody waits for it any more."""

    async def until_done(pool: Pool) -> None:
        while True:
            with suppress(DatabaseUnavailable):
                return await work(pool)
            await asyncio.sleep(_AGAIN_SECONDS)

    async with _own_pool(settings, status.worker_id) as pool:
        doing = asyncio.ensure_future(until_done(pool))
        await asyncio.wait([doing], timeout=_BRIEFLY_SECONDS)
    doing.cancel()
    with suppress(WorkerError, asyncio.CancelledError):
        await doing


@asynccontextmanager
async def _own_pool(settings: Settings, name: str) -> AsyncIterator[Pool]:
    """One connection beside those of the sessions, which may be gone or stuck."""
    pool = await open_pool(settings.database, connections=1, application=name)
    try:
        yield pool
    finally:
        pool.terminate()


@asynccontextmanager
async def open_session(
    settings: Settings, pool: Pool, status: Status, failpoints: Failpoints, follower: CatalogFollower
) -> AsyncIterator[Session]:
    """Connect both ways and put a session together.

    Raises:
        BrokerUnavailable, DatabaseUnavailable, TopologyFault, SchemaMismatch
    """
    await _check_database(pool)
    async with connected_links(settings, status) as links:
        breaker = _breaker(links.consumers, pool, status)
        async with _redeliveries(settings, pool, breaker, status) as redeliveries:
            checkouts = Checkouts(pool)
            parts = Parts(
                consumer=links.consumer,
                publisher=links.publishers[0],
                checkouts=checkouts,
                held_carts=HeldCarts(links.consumer, checkouts),
                outbox=Outbox(StoredEvents(pool)),
                breaker=breaker,
                redeliveries=redeliveries,
                catalog=lambda: follower.catalog,
                limits=_limits(settings),
                failpoints=failpoints,
                status=status,
            )
            pipelines = [Pipeline(replace(parts, publisher=each)) for each in links.publishers]
            yield Session(
                connections=links.connections,
                consumers=links.consumers,
                breaker=breaker,
                lanes=[*pipelines, *_archives(settings, links, pool, breaker, status)],
                outbox=parts.outbox,
                held_carts=parts.held_carts,
                sweeper=_sweeper(settings, pool, links.sweeping),
                follower=follower,
                workers=Workers(pool),
                status=status,
                hang_up=pool.terminate,
            )


async def _check_database(pool: Pool) -> None:
    async with acquired(pool) as connection:
        await check_schema(connection)
        await check_rights(connection)


@asynccontextmanager
async def _redeliveries(
    settings: Settings, pool: Pool, breaker: Breaker, status: Status
) -> AsyncIterator[Redeliveries]:
    """What a session began and did not finish, the process outlived: nothing of it stays noted.

    Not before the next one either, for a session may end while the database is away to be told of it.
    """
    attempts = Attempts(pool)
    await attempts.forget(status.worker_id)
    made = Redeliveries(attempts, breaker, status.worker_id)
    try:
        yield made
    finally:
        await _briefly(settings, status, lambda own: Attempts(own).forget(status.worker_id, made.unfinished))


def _archives(
    settings: Settings, links: Links, pool: Pool, breaker: Breaker, status: Status
) -> Iterator[archiving.Archive]:
    """One, or none where another worker has this work."""
    if links.archive is None:
        return
    parts = archiving.Parts(
        consumer=links.archive,
        publisher=links.announcing,
        letters=DeadLetters(pool),
        breaker=breaker,
        limits=_limits(settings),
        actor=status.worker_id,
    )
    yield archiving.Archive(parts)


def _limits(settings: Settings) -> Limits:
    return Limits(settings.max_message_bytes, settings.max_line_items)


def _breaker(consumers: Sequence[Consumer], pool: Pool, status: Status) -> Breaker:
    async def probe() -> None:
        await Workers(pool).beat(status.beat())
        await _check_database(pool)

    return Breaker(consumers, probe, status)


def catalog_follower(settings: Settings, status: Status) -> CatalogFollower:
    """Keeps the catalog for the life of the process: a lost broker does not make it read all anew."""
    return CatalogFollower(
        lambda: listening(settings.database, f"catalog of {status.worker_id}"),
        is_open=settings.catalog is CatalogMode.OPEN,
        default_currency=settings.default_currency,
    )


def _sweeper(settings: Settings, pool: Pool, publisher: Publisher) -> Sweeper:
    return Sweeper(StoredEvents(pool), publisher, timedelta(seconds=settings.sweep_after_seconds))
