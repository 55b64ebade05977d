"""A moment as people say it in options: a time, or an age."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Annotated

from cyclopts import CoercionError, Parameter, Token, convert

from worker.errors import ConfigurationFault


def _read(_: object, tokens: Sequence[Token]) -> datetime | timedelta:
    try:
        read: datetime | timedelta = convert(datetime | timedelta, tokens)
    except CoercionError:
        raise ValueError("pass a time such as 2026-01-31T12:00, or an age such as 90m, 12h or 7d.") from None
    return read


Moment = Annotated[datetime | timedelta, Parameter(converter=_read)]
"""A time, UTC unless it says otherwise, or how long ago that was: 90m, 12h, 7d."""


def moment_of(given: datetime | timedelta, option: str) -> datetime:
    """Raises: ConfigurationFault: there is no such time."""
    try:
        if isinstance(given, timedelta):
            return datetime.now(UTC) - given
        return (given if given.tzinfo else given.replace(tzinfo=UTC)).astimezone(UTC)
    except OverflowError:
        raise ConfigurationFault(f"{option} is out of range") from None
