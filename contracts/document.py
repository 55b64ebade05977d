"""A JSON document before a model reads it: how much there is, and what no member may hold.

Everything here is bounded by `MAX_VALUES`, never by recursion: a message may hold a million values.
"""

import math
import re
from collections.abc import Iterator
from typing import Any, Final

from pydantic_core import PydanticCustomError, from_json

MAX_VALUES: Final = 40_000
"""Values of a document: 200 for each of 200 lines, as many as are read and hashed in 50 ms."""

MAX_UNREAD: Final = 20_000
"""Values in members that no model describes, all of a command together."""

_LONGEST_INTEGER: Final = 10**1_000
_MARKS: Final = (b",", b"[", b"{")
# A text that does not end is taken to the end: looked for anew at each mark, its end would cost their square.
_TEXT: Final = re.compile(rb'"(?:[^"\\]++|\\.)*+"?', re.DOTALL)

Steps = tuple[Any, int | str] | None


class TooManyValuesError(ValueError):
    """The document holds more than `MAX_VALUES` values; it was not parsed."""


def parsed(body: bytes) -> object:
    """The document that UTF-8 text holds.

    Raises:
        TooManyValuesError: it holds too many.
        ValueError: it is not JSON, or nested too deeply.
    """
    # Most bodies are too short, then most have too few marks even with those in texts.
    if len(body) > MAX_VALUES and _marks(body) > MAX_VALUES and _marks(_TEXT.sub(b"", body)) > MAX_VALUES:
        raise TooManyValuesError
    # NaN and infinity are no JSON, but to a reader they are wrong numbers, in a place that can be named.
    document: object = from_json(body, allow_inf_nan=True)
    return document


def _marks(body: bytes) -> int:
    """One for each value at least, and one more for each list and object."""
    return sum(map(body.count, _MARKS))


def check_unread(value: object, most: int) -> int:
    """Refuse, in members that no model describes, what could not be stored or echoed faithfully.

    Gives how many values there are.

    Raises:
        PydanticCustomError: keys of one object differ in case only, a number is not finite or very long, or
            there are more than so many values.
    """
    waiting, looked_at = [value], 0
    while waiting:
        value = waiting.pop()
        looked_at += 1
        members = len(value) if isinstance(value, dict | list) else 0
        if looked_at + len(waiting) + members > most:
            raise PydanticCustomError(
                "too_many_values", "Unknown members should hold at most {limit} values", {"limit": MAX_UNREAD}
            )
        if isinstance(value, dict):
            if len(set(map(str.casefold, value))) < len(value):
                raise PydanticCustomError("key_collision", "Two keys of an object differ in case only")
            waiting.extend(value.values())
        elif isinstance(value, list):
            waiting.extend(value)
        elif isinstance(value, float):
            if not math.isfinite(value):
                raise PydanticCustomError("finite_number", "A number is not finite")
        elif isinstance(value, int) and not -_LONGEST_INTEGER < value < _LONGEST_INTEGER:
            # Each conversion to text and back takes the square of their length.
            raise PydanticCustomError("long_number", "A number has more than 1,000 digits")
    return looked_at


def nul_paths(document: object) -> Iterator[tuple[int | str, ...]]:
    """Where texts and keys with a NUL character stand, in the order of the document."""
    waiting: list[tuple[Iterator[tuple[int | str, object]], Steps]] = [(enumerate([document]), None)]
    while waiting:
        members, steps = waiting[-1]
        for step, value in members:
            if isinstance(step, str) and "\x00" in step:
                yield _path(steps)
            if isinstance(value, str) and "\x00" in value:
                yield _path((steps, step))
            elif isinstance(value, dict | list) and value:
                inner = value.items() if isinstance(value, dict) else enumerate(value)
                waiting.append((iter(inner), (steps, step)))
                break
        else:
            waiting.pop()


def _path(steps: Steps) -> tuple[int | str, ...]:
    """All steps but the first, which leads to the document itself."""
    path: list[int | str] = []
    while steps:
        steps, step = steps
        path.append(step)
    return tuple(reversed(path[:-1]))
