"""Work that is done again where another transaction was first: nothing of it was applied."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final, TypeVar

from worker.errors import TransactionConflict

T = TypeVar("T")

_PAUSES: Final = (0.05, 0.2, 0.5)


async def past_conflicts(work: Callable[[], Awaitable[T]]) -> T:
    """What the work results in. Raises: TransactionConflict, when others are first again and again."""
    for pause in _PAUSES:
        try:
            return await work()
        except TransactionConflict:
            await asyncio.sleep(pause)
    return await work()
