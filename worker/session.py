"""A session: one life of the connections. It runs until it is told to stop, or until anything in it fails."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Sequence
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
from worker.errors import DatabaseUnavailable, TransactionConflict, TransientFault
from worker.outbox import Outbox
from worker.postgres.workers import Workers
from worker.status import State, Status
from worker.sweeper import Sweeper
from worker.telemetry import LogEvent

BEAT_SECONDS: Final = 5.0
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
    sweeper: Sweeper
    follower: CatalogFollower
    workers: Workers
    status: Status

    async def run(self, stop: asyncio.Event, *, grace: float) -> None:
        """Consume until `stop` is set, then drain.

        Raises:
            ExceptionGroup: of the faults that ended the session.
        """
        async with asyncio.TaskGroup() as tasks:
            aside = [tasks.create_task(each) for each in self._side_work()]
            if await self._catalog_before(stop):
                lanes = [tasks.create_task(lane.run()) for lane in self.lanes]
                for consumer in self.consumers:
                    await consumer.start()
                aside += [tasks.create_task(each) for each in self._while_consuming()]
                self.status.become(State.CONSUMING, "consuming")
                log.info(LogEvent.CONSUMING)
                await stop.wait()
                await self._drain(lanes, grace)
            for task in aside:
                task.cancel()

    def _side_work(self) -> list[Coroutine[None, None, None]]:
        """What goes on beside the batches; like these, it waits for a database that is away."""
        return [
            *(consumer.lost() for consumer in self.consumers),
            *(lost(connection) for connection in self.connections),
            _persistently(self.outbox.run),
            _persistently(self.sweeper.run),
            _persistently(self.follower.run),
            _persistently(self._beat),
        ]

    def _while_consuming(self) -> list[Coroutine[None, None, None]]:
        widening = [consumer.widen() for consumer in self.consumers]
        return [*widening, *(consumer.watch() for consumer in self.consumers), self.breaker.run()]

    async def _catalog_before(self, stop: asyncio.Event) -> bool:
        """Wait for a usable catalog; false if the stop came first."""
        self.status.become(State.STARTING, "the catalog is empty, or being read")
        waits = [
            asyncio.ensure_future(self.follower.wait_until_usable()),
            asyncio.ensure_future(stop.wait()),
        ]
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
            if waits[0].done():
                waits[0].result()
            return not stop.is_set()
        finally:
            for wait in waits:
                wait.cancel()

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
        with suppress(TransientFault):
            await self.outbox.flush()

    async def _beat(self) -> None:
        """Also tells an idle worker that the database is away."""
        await self.workers.forget_lost()
        while True:
            try:
                await self.workers.beat(self.status.beat())
            except DatabaseUnavailable as fault:
                await self.breaker.wait_out(fault)
            await asyncio.sleep(BEAT_SECONDS)


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
