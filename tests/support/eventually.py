"""Waiting for what other processes do: always with a deadline."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final, TypeVar

T = TypeVar("T")

WITHIN_SECONDS: Final = 30.0
_BETWEEN_LOOKS: Final = 0.02


async def eventually(
    look: Callable[[], Awaitable[T]],
    until: Callable[[T], bool] = bool,
    *,
    within: float = WITHIN_SECONDS,
) -> T:
    """Look again and again until what is seen is as it should be.

    Raises:
        AssertionError: it never was; tells what was seen last.
    """
    seen: list[T] = []
    try:
        async with asyncio.timeout(within):
            while True:
                seen = [await look()]
                if until(seen[0]):
                    return seen[0]
                await asyncio.sleep(_BETWEEN_LOOKS)
    except TimeoutError:
        raise AssertionError(f"not within {within} s; seen last: {seen}") from None
