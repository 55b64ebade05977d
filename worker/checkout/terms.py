"""Billing cycles and terms, in months."""

import re
from collections.abc import Mapping
from typing import Final

CYCLE_MONTHS: Final[Mapping[str, int]] = {
    "monthly": 1,
    "annual": 12,
    "biennial": 24,
    "triennial": 36,
    "one_time": 0,
    "none": 0,
}
"""The documented billing cycles. One-time and free items are not billed in cycles."""

_TERM: Final = re.compile(r"P([0-9]{1,3})([MY])")


def term_months(term: str | None) -> int | None:
    """Months of an ISO 8601 term of whole months or years; None where it is no such term."""
    match = _TERM.fullmatch(term or "")
    if match is None:
        return None
    return int(match[1]) * (12 if match[2] == "Y" else 1)
