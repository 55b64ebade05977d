"""Billing cycles and terms, in months."""

from collections.abc import Mapping
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


def term_months(term: str | None) -> int | None:
    """Months of an ISO 8601 term of whole months or years; None where it is no such term."""
    match = TERM.fullmatch(term or "")
    if match is None:
        return None
    return int(match["number"]) * (12 if match["unit"] == "Y" else 1)
