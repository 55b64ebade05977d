"""A session: one life of the connections. It runs until it is told to stop, or until anything in it fails."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from contextlib import suppress
from dataclasses import dataclass
from time import monotonic
from typing import Final

import structlog
from aio_pika.abc import AbstractConnection

from worker.amqp.connection import lost
from worker.amqp.consumer import Consumer
from worker.breaker import Breaker
from worker.catalog_follower import CatalogFollower
from worker.errors import DatabaseUnavailable, TransactionConflict, TransientFault
from worker.outbox import Outbox
from worker.pipeline import Pipeline
from worker.postgres.workers import Workers
from worker.status import State, Status
from worker.sweeper import Sweeper
from worker.telemetry import LogEvent

BEAT_SECONDS: Final = 5.0
_LAST_SECONDS: Final = 1.0
_FIRST_PAUSE: Final = 1.0
_LONGEST_PAUSE: Final = 10.0

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Session:
    """Everything that one pair of connections serves. Torn down whole, never repaired."""

    connections: Sequence[AbstractConnection]
    consumer: Consumer
    breaker: Breaker
    pipelines: Sequence[Pipeline]
    outbox: Outbox
    sweeper: Sweeper
    follower: CatalogFollower
    workers: Workers
    status: Status
    hang_up: Callable[[], None]
    """Drops the connections to the database, whoever is using them."""

    async def run(self, stop: asyncio.Event, *, grace: float) -> None:
        """Consume until `stop` is set, then drain.

        Raises:
            ExceptionGroup: of the faults that ended the session.
        """
        async with asyncio.TaskGroup() as tasks:
            begun = [tasks.create_task(each) for each in self._side_work()]
            if await self._catalog_before(stop):
                lanes = [tasks.create_task(pipeline.run()) for pipeline in self.pipelines]
                await self.consumer.start()
                begun += [tasks.create_task(each) for each in self._while_consuming()]
                self.status.become(State.CONSUMING, "consuming")
                log.info(LogEvent.CONSUMING)
                await stop.wait()
                await self._drain(lanes, grace)
                begun += [*lanes, tasks.create_task(self._flush())]
                await asyncio.wait(begun[-1:], timeout=_LAST_SECONDS)
            await self._end(begun)

    def _side_work(self) -> list[Coroutine[None, None, None]]:
        """What goes on beside the batches; like these, it waits for a database that is away."""
        return [
            self.consumer.lost(),
            *(lost(connection) for connection in self.connections),
            _persistently(self.outbox.run),
            _persistently(self.sweeper.run),
            _persistently(self.follower.run),
            _persistently(self.workers.forget_lost),
            _persistently(self._beat),
        ]

    def _while_consuming(self) -> list[Coroutine[None, None, None]]:
        return [self.consumer.widen(), self.consumer.watch(), self.breaker.run()]

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
                await self.consumer.stop()
                await asyncio.wait(lanes)
        for lane in lanes:
            lane.cancel()

    async def _flush(self) -> None:
        with suppress(TransientFault):
            await self.outbox.flush()

    async def _end(self, begun: Sequence[asyncio.Task[None]]) -> None:
        """Cancel what goes on. A frozen database would keep what waits for its answer, cancelled or not."""
        for task in begun:
            task.cancel()
        _, kept = await asyncio.wait(begun, timeout=_LAST_SECONDS)
        if kept:
            self.hang_up()

    async def _beat(self) -> None:
        """Also tells an idle worker that the database is away."""
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
