"""Work of a session that fails ends the session, whoever swallows a cancellation meanwhile."""

import asyncio

import pytest

from worker.errors import BrokerUnavailable
from worker.session import _first_of
from worker.session_work import SessionWork, session_work


class Line:
    """A line to the database."""

    def __init__(self) -> None:
        self.cut = asyncio.Event()


async def _fails() -> None:
    await asyncio.sleep(0)
    raise BrokerUnavailable("gone")


async def _goes_on() -> None:
    await asyncio.Event().wait()


async def _swallows_a_cancellation() -> None:
    """As a driver's timeout may."""
    try:
        await asyncio.Event().wait()
    except asyncio.CancelledError:
        return


async def _swallows_one_and_goes_on() -> None:
    await _swallows_a_cancellation()
    await asyncio.Event().wait()


async def _waits_for(line: Line) -> None:
    """As a driver does that waits for a server's word on its cancelled statement."""
    while not line.cut.is_set():
        try:
            await line.cut.wait()
        except asyncio.CancelledError:
            continue


async def _until_over(work: SessionWork) -> None:
    await _swallows_a_cancellation()
    await _first_of(asyncio.Event().wait(), work.over.wait())


async def _a_session_that_swallows_its_cancellation() -> None:
    async with asyncio.timeout(5), session_work(Line().cut.set) as work:
        work.begin_all([_fails(), _swallows_one_and_goes_on()])
        await _until_over(work)


async def test_a_failure_is_heard_of_after_each_cancellation_was_swallowed_once() -> None:
    with pytest.raises(ExceptionGroup) as ended:
        await _a_session_that_swallows_its_cancellation()
    assert [str(each) for each in ended.value.exceptions] == ["gone"]


async def test_work_that_is_cancelled_without_a_reason_counts_as_failed() -> None:
    async with asyncio.timeout(5), session_work(Line().cut.set) as work:
        task = work.begin(_swallows_one_and_goes_on())
        await asyncio.sleep(0)
        task.cancel()
        await asyncio.sleep(0)
        task.cancel()
        await work.over.wait()


async def _a_session_that_begins_work_when_it_is_over() -> None:
    async with asyncio.timeout(5), session_work(Line().cut.set) as work:
        work.begin_all([_fails()])
        await _swallows_a_cancellation()
        work.begin_all(_goes_on() for _ in range(2))


async def test_no_work_is_begun_when_all_is_over() -> None:
    with pytest.raises(ExceptionGroup) as ended:
        await _a_session_that_begins_work_when_it_is_over()
    assert [str(each) for each in ended.value.exceptions] == ["gone"]


async def test_work_that_is_done_ends_nothing() -> None:
    async with session_work(Line().cut.set) as work:
        await work.begin(asyncio.sleep(0))
        assert not work.over.is_set()


async def test_what_waits_for_a_frozen_database_is_hung_up_on() -> None:
    line = Line()
    async with asyncio.timeout(5), session_work(line.cut.set) as work:
        task = work.begin(_waits_for(line))
        await asyncio.sleep(0)
    assert task.done()


async def test_a_session_that_is_cancelled_waits_for_the_end_of_its_work() -> None:
    line = Line()
    begun: list[asyncio.Task[None]] = []

    async def session() -> None:
        async with session_work(line.cut.set) as work:
            begun.append(work.begin(_waits_for(line)))
            await asyncio.Event().wait()

    running = asyncio.create_task(session())
    await asyncio.sleep(0)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert begun[0].done()
