"""Work of a session that fails ends the session, whoever swallows a cancellation meanwhile."""

import asyncio

import pytest

from worker.errors import BrokerUnavailable
from worker.session import _begin, _first_of


async def _fails() -> None:
    await asyncio.sleep(0)
    raise BrokerUnavailable("gone")


async def _goes_on() -> None:
    await asyncio.Event().wait()


async def _a_driver_that_swallows_its_cancellation() -> None:
    try:
        await asyncio.Event().wait()
    except asyncio.CancelledError:
        return


async def _a_session_whose_cancellation_is_swallowed() -> None:
    stop, over = asyncio.Event(), asyncio.Event()
    async with asyncio.timeout(5), asyncio.TaskGroup() as tasks:
        _work = _begin(tasks, over, _fails())
        await _a_driver_that_swallows_its_cancellation()
        await _first_of(stop.wait(), over.wait())


async def test_a_failure_is_heard_of_after_the_one_cancellation_was_swallowed() -> None:
    with pytest.raises(ExceptionGroup) as ended:
        await _a_session_whose_cancellation_is_swallowed()
    assert [str(each) for each in ended.value.exceptions] == ["gone"]


async def test_work_that_is_cancelled_without_a_reason_counts_as_failed() -> None:
    over = asyncio.Event()
    async with asyncio.timeout(5), asyncio.TaskGroup() as tasks:
        work = _begin(tasks, over, _goes_on())
        work.cancel()
        await over.wait()


async def test_work_that_is_done_ends_nothing() -> None:
    over = asyncio.Event()
    async with asyncio.TaskGroup() as tasks:
        work = _begin(tasks, over, asyncio.sleep(0))
        await work
    assert not over.is_set()
