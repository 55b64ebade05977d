"""A steady pace: so many a second by the clock, without catching up."""

import asyncio
from time import monotonic
from typing import Final

_FLIGHTS_A_SECOND: Final = 10
_LARGEST_FLIGHT: Final = 50


class Pace:
    """The plan by which flights leave. No rate: as fast as they land."""

    def __init__(self, rate: float | None) -> None:
        self._rate = rate
        self._due = monotonic()
        # Bodies have up to 2 MiB each, and those of a flight are in memory together.
        self.flight = max(1, min(_LARGEST_FLIGHT, int((rate or _LARGEST_FLIGHT * 10) / _FLIGHTS_A_SECOND)))

    async def turn(self, count: int) -> None:
        """Wait until so many may leave."""
        if self._rate is None:
            return
        # What a slow broker delayed is not made up for: that would be a burst.
        self._due = max(self._due, monotonic())
        due, self._due = self._due, self._due + count / self._rate
        await asyncio.sleep(due - monotonic())
