"""The supervisor: opens a session, opens another when one is lost, and stops when asked to."""

import asyncio
import os
import random
import signal
from collections.abc import Awaitable, Callable
from time import monotonic
from typing import Final

import structlog

from worker.errors import SchemaMismatch, TopologyFault, TransientFault, WorkerError
from worker.status import State, Status
from worker.telemetry import LogEvent

FIRST_PAUSE: Final = 1.0
LONGEST_PAUSE: Final = 30.0
# From here on a pause is the longest.
_DOUBLINGS: Final = 5
_LONG_SECONDS: Final = 60.0
_FORCED: Final = 1

log = structlog.get_logger()


class Supervisor:
    """Runs sessions until SIGTERM or SIGINT; a second signal does not wait for the drain."""

    def __init__(self, run_session: Callable[[asyncio.Event], Awaitable[None]], status: Status) -> None:
        self._run_session = run_session
        self._status = status
        self._stop = asyncio.Event()

    async def run(self) -> None:
        """Raises: whatever time does not cure, and what nobody expected."""
        self._listen_to_signals()
        lost = 0
        while not self._stop.is_set():
            settled, opened = self._status.settled, monotonic()
            try:
                await self._run_session(self._stop)
            except* (TransientFault, TopologyFault, SchemaMismatch) as faults:
                # Each session that settles nothing costs what it held one of its deliveries.
                useful = self._status.settled > settled or monotonic() - opened > _LONG_SECONDS
                lost = 1 if useful else lost + 1
                await self._pause(faults, lost)
        self._status.become(State.STOPPED, "stopped")
        log.info(LogEvent.STOPPED, settled=self._status.settled)

    async def _pause(self, faults: BaseExceptionGroup[WorkerError], lost: int) -> None:
        """Full jitter: workers that lost the same broker do not come back at the same moment."""
        because = "; ".join(sorted({str(fault) for fault in _flat(faults)}))
        self._status.become(State.STARTING, because)
        longest = min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** min(lost, _DOUBLINGS))
        pause = random.uniform(FIRST_PAUSE / 2, longest)  # noqa: S311
        log.warning(LogEvent.SESSION_LOST, because=because, again_in_seconds=round(pause, 1))
        try:
            async with asyncio.timeout(pause):
                await self._stop.wait()
        except TimeoutError:
            return

    def _listen_to_signals(self) -> None:
        loop = asyncio.get_running_loop()

        def on_signal() -> None:
            if self._stop.is_set():
                # As safe as a crash, and like that it waits for nothing.
                log.warning(LogEvent.FORCED)
                os._exit(_FORCED)
            self._stop.set()

        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, on_signal)


def _flat(group: BaseExceptionGroup[WorkerError]) -> list[WorkerError]:
    flat: list[WorkerError] = []
    for each in group.exceptions:
        flat.extend(_flat(each) if isinstance(each, BaseExceptionGroup) else [each])
    return flat
