"""The tasks of a session: the failure of one is the end of all."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine, Iterable
from contextlib import asynccontextmanager
from typing import Final

_CANCEL_AGAIN_SECONDS: Final = 1.0


class SessionWork:
    """Tasks that go on at the same time.

    A group cancels its tasks and whoever waits in it just once, and drivers swallow that now and then, in a
    timeout of their own (aiormq 7.2 on Python 3.11). So `over` says for good that something failed, and at
    the end tasks are cancelled until they are done.
    """

    def __init__(self, group: asyncio.TaskGroup) -> None:
        self.over = asyncio.Event()
        self._group = group
        self._begun: list[asyncio.Task[None]] = []

    def begin(self, work: Coroutine[None, None, None]) -> asyncio.Task[None]:
        """Begin work whose failure, or cancellation by nobody of us, ends the session.

        Raises:
            CancelledError: the session is over, and whoever begins work has not heard of it.
        """
        if self.over.is_set():
            work.close()
            raise asyncio.CancelledError
        task = self._group.create_task(work)
        task.add_done_callback(self._look_at)
        self._begun.append(task)
        return task

    def begin_all(self, works: Iterable[Coroutine[None, None, None]]) -> None:
        for each in works:
            _ = self.begin(each)

    async def end(self, hang_up: Callable[[], None]) -> None:
        """Cancel what goes on, and wait for it, even where we are cancelled ourselves.

        What stays nevertheless may wait for a frozen database: `hang_up` ends that.
        """
        cancelled: asyncio.CancelledError | None = None
        while kept := [task for task in self._begun if not task.done()]:
            for task in kept:
                task.cancel()
            try:
                await asyncio.wait(kept, timeout=_CANCEL_AGAIN_SECONDS)
            except asyncio.CancelledError as error:
                cancelled = error
            if not all(task.done() for task in kept):
                hang_up()
        if cancelled:
            raise cancelled

    def _look_at(self, done: asyncio.Task[None]) -> None:
        if done.cancelled() or done.exception():
            self.over.set()


@asynccontextmanager
async def session_work(hang_up: Callable[[], None]) -> AsyncIterator[SessionWork]:
    """All work is done when the block has ended, however it ended. Raises: ExceptionGroup, of what failed."""
    async with asyncio.TaskGroup() as group:
        work = SessionWork(group)
        try:
            yield work
        finally:
            await work.end(hang_up)
