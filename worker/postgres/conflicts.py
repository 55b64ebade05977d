"""Work that is done again where another transaction was first: nothing of it was applied."""

from collections.abc import Awaitable, Callable
from typing import Final, TypeVar

import stamina

from worker.errors import TransactionConflict

T = TypeVar("T")

_TRIES: Final = 10


async def past_conflicts(work: Callable[[], Awaitable[T]]) -> T:
    """What the work results in. Raises: TransactionConflict, when others are first again and again."""
    async for attempt in stamina.retry_context(
        on=TransactionConflict,
        attempts=_TRIES,
        timeout=None,
        wait_initial=0.01,
        wait_max=0.5,
        wait_jitter=0.05,
    ):
        with attempt:
            return await work()
    raise AssertionError("the last attempt returns or raises")
