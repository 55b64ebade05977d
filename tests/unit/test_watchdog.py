"""When a worker counts as stuck."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import pytest

from tests.support.eventually import eventually
from worker.errors import DatabaseUnavailable
from worker.status import State, Status
from worker.watchdog import Watchdog

SECONDS = 0.05
OFTEN = 30
"""The watchdog looks ten times in the seconds after which a worker counts as stuck."""


class Looked(Status):
    """Counts how often the watchdog looks at it."""

    def __init__(self) -> None:
        self.looks = 0
        super().__init__()

    @property
    def not_ready_since(self) -> float | None:
        self.looks += 1
        return self._since

    @not_ready_since.setter
    def not_ready_since(self, since: float | None) -> None:
        self._since = since


class Services:
    """What the watchdog asks whether it answers."""

    def __init__(self, fault: Exception | None = None) -> None:
        self.fault = fault
        self.asked = 0

    async def look(self) -> None:
        self.asked += 1
        await asyncio.sleep(0)
        if self.fault:
            raise self.fault


@asynccontextmanager
async def _watched(status: Status, services: Services) -> AsyncIterator[list[int]]:
    ends: list[int] = []
    watching = asyncio.create_task(Watchdog(status, [services.look], SECONDS, ends.append).run())
    try:
        yield ends
    finally:
        watching.cancel()
        with suppress(asyncio.CancelledError):
            await watching


async def _count(of: object, name: str) -> int:
    return int(getattr(of, name))


async def test_a_worker_that_cannot_consume_although_all_answers_ends_itself() -> None:
    async with _watched(Status(), Services()) as ends:
        await eventually(lambda: _length(ends))
    assert set(ends) == {1}


@pytest.mark.parametrize("fault", [DatabaseUnavailable("away"), KeyError("a bug of a look")])
async def test_a_worker_waits_as_long_as_something_is_away(fault: Exception) -> None:
    services = Services(fault)
    async with _watched(Status(), services) as ends:
        await eventually(lambda: _count(services, "asked"), lambda asked: asked >= 3)
        assert ends == []
        services.fault = None
        await eventually(lambda: _length(ends))


@pytest.mark.parametrize("state", [State.CONSUMING, State.DRAINING])
async def test_a_worker_that_consumes_or_drains_is_left_alone(state: State) -> None:
    status, services = Looked(), Services()
    status.become(state, "as it should")
    async with _watched(status, services) as ends:
        status.looks = 0
        await eventually(lambda: _count(status, "looks"), lambda looks: looks >= OFTEN)
    assert (ends, services.asked) == ([], 0)


async def _length(ends: list[int]) -> int:
    return len(ends)
