"""The watchdog: ends a process that consumes nothing although all that it needs is there."""

import asyncio
import os
from collections.abc import Awaitable, Callable, Sequence
from time import monotonic
from typing import Final

import structlog

from worker.errors import WorkerError
from worker.status import State, Status
from worker.telemetry import LogEvent

_CHECKS: Final = 10
_LOOK_SECONDS: Final = 30.0
_STUCK: Final = 1

log = structlog.get_logger()


class Watchdog:
    """Whatever got stuck, in us or in a driver, a new process has not got it."""

    def __init__(
        self,
        status: Status,
        looks: Sequence[Callable[[], Awaitable[None]]],
        after: float,
        end: Callable[[int], object] = os._exit,
    ) -> None:
        self._status = status
        self._looks = looks
        self._after = after
        self._end = end

    async def run(self) -> None:
        """Look ten times in the seconds after which a worker counts as stuck; never returns."""
        while True:
            await asyncio.sleep(self._after / _CHECKS)
            if self._is_overdue() and await self._all_is_there() and self._is_overdue():
                # What is stuck cannot be asked to clean up.
                log.error(LogEvent.STUCK, because=self._status.because, seconds=self._after)
                self._end(_STUCK)

    def _is_overdue(self) -> bool:
        since = self._status.not_ready_since
        if since is None or self._status.state in {State.DRAINING, State.STOPPED}:
            return False
        return monotonic() - since > self._after

    async def _all_is_there(self) -> bool:
        """Whether broker, database and catalog answer; where they do not, waiting is right."""
        try:
            async with asyncio.timeout(_LOOK_SECONDS):
                for look in self._looks:
                    await look()
        except (WorkerError, TimeoutError):
            return False
        except Exception as error:  # noqa: BLE001 - nobody would miss a watchdog that ended
            log.warning(LogEvent.SIDE_WORK_FAILED, work="watchdog", error=type(error).__name__)
            return False
        return True
