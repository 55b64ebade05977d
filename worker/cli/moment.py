"""A moment as people say it in options: a time, or an age."""

from datetime import UTC, datetime, timedelta

from worker.errors import ConfigurationFault

Moment = datetime | timedelta
"""A time, UTC unless it says otherwise, or how long ago that was: 90m, 12h, 7d."""


def moment_of(given: Moment, option: str) -> datetime:
    """Raises: ConfigurationFault: there is no such time."""
    try:
        if isinstance(given, timedelta):
            return datetime.now(UTC) - given
        return (given if given.tzinfo else given.replace(tzinfo=UTC)).astimezone(UTC)
    except OverflowError:
        raise ConfigurationFault(f"{option} is out of the range of times") from None
