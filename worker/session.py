"""A session: one life of the connections. It runs until it is told to stop, or until anything in it fails."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from time import monotonic
from typing import Final, Protocol

import structlog
from aio_pika.abc import AbstractConnection

from worker.amqp.connection import lost
from worker.amqp.consumer import Consumer
from worker.breaker import Breaker
from worker.catalog_follower import CatalogFollower
from worker.errors import BrokerUnavailable, DatabaseUnavailable, TransactionConflict, TransientFault
from worker.held_carts import HeldCarts
from worker.outbox import Outbox
from worker.postgres.workers import Workers
from worker.session_work import session_work
from worker.status import State, Status
from worker.sweeper import Sweeper
from worker.telemetry import LogEvent

BEAT_SECONDS: Final = 5.0
_FLUSH_SECONDS: Final = 1.0
_FIRST_PAUSE: Final = 1.0
_LONGEST_PAUSE: Final = 10.0

log = structlog.get_logger()


class Lane(Protocol):
    """What handles the deliveries of a consumer until there are no more."""

    async def run(self) -> None: ...


@dataclass(frozen=True, slots=True)
class Session:
    """Everything that one pair of connections serves. Torn down whole, never repaired."""

    connections: Sequence[AbstractConnection]
    consumers: Sequence[Consumer]
    breaker: Breaker
    lanes: Sequence[Lane]
    outbox: Outbox
    held_carts: HeldCarts
    sweeper: Sweeper
    follower: CatalogFollower
    workers: Workers
    status: Status
    hang_up: Callable[[], None]
    """Drops the connections to the database for good, whoever is using them."""

    async def run(self, stop: asyncio.Event, *, grace: float) -> None:
        """Consume until `stop` is set, then drain.

        Raises:
            ExceptionGroup: of the faults that ended the session.
            BrokerUnavailable: something that should go on ended and told no fault.
        """
        async with session_work(lambda: self._hang_up(stop)) as work:
            work.begin_all(self._side_work())
            if await self._catalog_before(stop, work.over):
                lanes = [work.begin(lane.run()) for lane in self.lanes]
                for consumer in self.consumers:
                    await consumer.start()
                work.begin_all(self._while_consuming())
                await self._consume_until(stop, work.over)
                if not work.over.is_set():
                    await self._drain(lanes, grace)
                # A task that ended without a fault has ended the session, too.
                if not work.over.is_set():
                    await asyncio.wait([work.begin(self._flush())], timeout=_FLUSH_SECONDS)
        if not stop.is_set():
            raise BrokerUnavailable("Some work of the session ended without a reason")

    def _hang_up(self, stop: asyncio.Event) -> None:
        """Only for good: the next session uses the pool again, and has to rely on its deadlines."""
        if stop.is_set():
            self.hang_up()

    def _side_work(self) -> Iterator[Coroutine[None, None, None]]:
        """What goes on beside the batches; like these, it waits for a database that is away."""
        yield from (consumer.lost() for consumer in self.consumers)
        yield from (lost(connection) for connection in self.connections)
        beside = (self.outbox.run, self.held_carts.run, self.sweeper.run, self.follower.run, self._beat)
        yield from map(_persistently, (*beside, self.workers.forget_lost))

    def _while_consuming(self) -> Iterator[Coroutine[None, None, None]]:
        yield from (consumer.widen() for consumer in self.consumers)
        yield from (consumer.watch() for consumer in self.consumers)
        yield self.breaker.run()

    async def _consume_until(self, stop: asyncio.Event, over: asyncio.Event) -> None:
        if not over.is_set():
            self.status.become(State.CONSUMING, "consuming")
            log.info(LogEvent.CONSUMING)
        try:
            await _first_of(stop.wait(), over.wait())
        finally:
            self.status.become(State.STARTING, "the session is over")

    async def _catalog_before(self, stop: asyncio.Event, over: asyncio.Event) -> bool:
        """Wait for a usable catalog; false if the stop or a fault came first."""
        self.status.become(State.STARTING, "the catalog is empty, or being read")
        await _first_of(self.follower.wait_until_usable(), stop.wait(), over.wait())
        return not (stop.is_set() or over.is_set())

    async def _drain(self, lanes: Sequence[asyncio.Task[None]], grace: float) -> None:
        """Finish what was taken in, within the grace; what is left stays unsettled and is delivered again."""
        self.status.become(State.DRAINING, "draining")
        log.info(LogEvent.DRAINING, grace_seconds=grace)
        with suppress(TimeoutError):
            async with asyncio.timeout(grace):
                for consumer in self.consumers:
                    await consumer.stop()
                await asyncio.wait(lanes)
        for lane in lanes:
            lane.cancel()

    async def _flush(self) -> None:
        with suppress(TransientFault):
            await self.outbox.flush()

    async def _beat(self) -> None:
        """Also tells an idle worker that the database is away; the breaker works once there is a catalog."""
        while True:
            try:
                await self.workers.beat(self.status.beat())
            except DatabaseUnavailable as fault:
                if self.status.state is State.STARTING:
                    raise
                await self.breaker.wait_out(fault)
            await asyncio.sleep(BEAT_SECONDS)


async def _first_of(*waits: Coroutine[None, None, object]) -> None:
    tasks = [asyncio.ensure_future(each) for each in waits]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()


async def _persistently(work: Callable[[], Awaitable[None]]) -> None:
    """Go on, until it is done, with what needs the database; what the broker does ends the session."""
    pause = _FIRST_PAUSE
    while True:
        started = monotonic()
        try:
            return await work()
        except (DatabaseUnavailable, TransactionConflict) as fault:
            lasted = monotonic() - started > _LONGEST_PAUSE
            pause = _FIRST_PAUSE if lasted else min(2 * pause, _LONGEST_PAUSE)
            name = getattr(work, "__qualname__", "")
            log.warning(LogEvent.SIDE_WORK_FAILED, work=name, error=str(fault), again_in_seconds=pause)
        await asyncio.sleep(pause)
