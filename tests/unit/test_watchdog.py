"""When a worker counts as stuck."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress

from tests.support.eventually import eventually
from worker.errors import DatabaseUnavailable
from worker.status import State, Status
from worker.watchdog import Watchdog

SECONDS = 0.05


async def _answers() -> None:
    await asyncio.sleep(0)


async def _is_away() -> None:
    await asyncio.sleep(0)
    raise DatabaseUnavailable("away")


@asynccontextmanager
async def _watched(status: Status, look: Callable[[], Awaitable[None]]) -> AsyncIterator[list[int]]:
    ends: list[int] = []
    watching = asyncio.create_task(Watchdog(status, [look], SECONDS, ends.append).run())
    try:
        yield ends
    finally:
        watching.cancel()
        with suppress(asyncio.CancelledError):
            await watching


async def test_a_worker_that_cannot_consume_although_all_answers_ends_itself() -> None:
    async with _watched(Status(), _answers) as ends:
        await eventually(lambda: _as_awaitable(ends), bool)
    assert set(ends) == {1}


async def test_a_worker_waits_as_long_as_something_is_away() -> None:
    async with _watched(Status(), _is_away) as ends:
        await asyncio.sleep(10 * SECONDS)
    assert ends == []


async def test_a_worker_that_consumes_or_drains_is_left_alone() -> None:
    for state in (State.CONSUMING, State.DRAINING):
        status = Status()
        status.become(state, "as it should")
        async with _watched(status, _answers) as ends:
            await asyncio.sleep(10 * SECONDS)
        assert ends == []


async def _as_awaitable(ends: list[int]) -> list[int]:
    return ends
