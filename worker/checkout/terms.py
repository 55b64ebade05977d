"""Billing cycles and terms, in months."""

from calendar import monthrange
from collections.abc import Mapping
from datetime import MAXYEAR, datetime
from functools import lru_cache
from typing import Final

from contracts.scalars import TERM

CYCLE_MONTHS: Final[Mapping[str, int]] = {
    "monthly": 1,
    "annual": 12,
    "biennial": 24,
    "triennial": 36,
    "one_time": 0,
    "none": 0,
}
"""The documented billing cycles. One-time and free items are not billed in cycles."""

RENEWAL_TERMS: Final = ("P1M", "P1Y")
"""The documented terms that a trial turns into."""


@lru_cache(maxsize=1_024)
def term_months(term: str | None) -> int | None:
    """Months of an ISO 8601 term of whole months or years; None where it is no such term."""
    match = TERM.fullmatch(term or "")
    if match is None:
        return None
    return int(match["number"]) * (12 if match["unit"] == "Y" else 1)


def months_after(moment: datetime, months: int) -> datetime:
    """The same day and time so many calendar months later; the last day of a month that has no such day.

    Past the last year that can be told it is the last moment that can.
    """
    year, month = divmod(moment.year * 12 + moment.month - 1 + months, 12)
    if year > MAXYEAR:
        return datetime.max.replace(tzinfo=moment.tzinfo)
    last_day = monthrange(year, month + 1)[1]
    return moment.replace(year=year, month=month + 1, day=min(moment.day, last_day))


def is_month_end(moment: datetime) -> bool:
    return moment.day == monthrange(moment.year, moment.month)[1]
