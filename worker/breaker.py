"""The breaker: while the database is away nothing is consumed, and what was taken in waits unsettled."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from time import monotonic
from typing import Final, TypeVar

import structlog

from worker.amqp.consumer import Consumer
from worker.errors import DatabaseUnavailable, SchemaMismatch, TransactionConflict
from worker.status import State, Status
from worker.telemetry import OUTAGES, LogEvent

T = TypeVar("T")

_FIRST_PAUSE: Final = 0.1
_LONGEST_PAUSE: Final = 5.0
# An outage that follows the last one this soon is the same one: the pauses go on where they were.
_CALM_SECONDS: Final = 30.0

log = structlog.get_logger()


class Breaker:
    """Opens at the first fault of the database, closes when `probe`, a write, succeeds."""

    def __init__(
        self, consumers: Sequence[Consumer], probe: Callable[[], Awaitable[None]], status: Status
    ) -> None:
        self._consumers = consumers
        self._probe = probe
        self._status = status
        self._closed = asyncio.Event()
        self._closed.set()
        self._opened = asyncio.Event()
        self._why = ""
        self._pause = _FIRST_PAUSE
        self._closed_at = -_CALM_SECONDS

    async def wait_out(self, fault: DatabaseUnavailable) -> None:
        """Return when the database is back, so that the work that met this fault can be done again."""
        if self._closed.is_set():
            self._closed.clear()
            self._why = str(fault)
            self._opened.set()
        await self._closed.wait()

    async def past_outages(self, work: Callable[[], Awaitable[T]]) -> T:
        """The result of the work, which is done again after each outage."""
        while True:
            try:
                return await work()
            except DatabaseUnavailable as fault:
                await self.wait_out(fault)

    async def run(self) -> None:
        """Raises: BrokerUnavailable, TopologyFault when consuming cannot be stopped or begun again."""
        while True:
            await self._opened.wait()
            log.warning(LogEvent.PAUSED, because=self._why)
            OUTAGES.inc()
            self._say(State.PAUSED, self._why)
            for consumer in self._consumers:
                await consumer.pause()
            await self._until_it_answers()
            self._opened.clear()
            self._closed.set()
            if not await self._until_there_is_room():
                continue
            for consumer in self._consumers:
                await consumer.start()
            self._say(State.CONSUMING, "consuming")
            log.info(LogEvent.RESUMED)

    async def _until_there_is_room(self) -> bool:
        """What was taken in comes first: a write may succeed again and again beside a table that is locked.

        False: the next fault came before.
        """
        while not all(consumer.has_room for consumer in self._consumers):
            if self._opened.is_set():
                return False
            await asyncio.sleep(_FIRST_PAUSE)
        return True

    def _say(self, state: State, because: str) -> None:
        """A worker that is draining goes on draining."""
        if self._status.state in {State.CONSUMING, State.PAUSED}:
            self._status.become(state, because)

    async def _until_it_answers(self) -> None:
        if monotonic() - self._closed_at > _CALM_SECONDS:
            self._pause = _FIRST_PAUSE
        answers = False
        while not answers:
            await asyncio.sleep(self._pause)
            self._pause = min(2 * self._pause, _LONGEST_PAUSE)
            try:
                await self._probe()
                answers = True
            except (DatabaseUnavailable, TransactionConflict, SchemaMismatch) as fault:
                self._say(State.PAUSED, str(fault))
        self._closed_at = monotonic()
