"""Scalar types of the contract with their stated lengths. Timestamps stay text, echoed as they came."""

import re
from datetime import UTC, datetime
from functools import lru_cache
from typing import Annotated, Final

from pydantic import AfterValidator, BeforeValidator, Field, StringConstraints, WithJsonSchema
from pydantic_core import PydanticCustomError

_TIMESTAMP: Final = re.compile(
    r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{1,9})?(Z|z|[+-]\d{2}:\d{2})?",
    re.ASCII,
)
NO_GUID: Final = "00000000-0000-0000-0000-000000000000"
TERM: Final = re.compile(r"P(?P<number>[0-9]{1,3})(?P<unit>[MY])")
"""A term: whole months or years in ISO 8601."""

CYCLES: Final = ("monthly", "annual", "none", "one_time", "triennial", "biennial")
"""The documented billing cycles."""


@lru_cache(maxsize=1_024)
def parse_timestamp(text: str) -> datetime:
    """The moment that a timestamp of the contract names; UTC where it names no zone.

    Python keeps 6 of the 9 fractional digits that the wire allows.

    Raises:
        ValueError: it is not an ISO 8601 date and time, or there is no such moment.
    """
    if _TIMESTAMP.fullmatch(text) is None:
        raise ValueError("a timestamp looks like 2026-01-31T12:00:00.1234567Z")
    moment = datetime.fromisoformat(text.upper())
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)


@lru_cache(maxsize=1_024)
def timestamp(moment: datetime) -> str:
    """A moment as the contract writes it: UTC with a Z."""
    return moment.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"


def _check_timestamp(text: str) -> str:
    try:
        parse_timestamp(text)
    except (ValueError, OverflowError) as error:
        raise PydanticCustomError(
            "timestamp", "Input should be a date and time like 2026-01-31T12:00:00.1234567Z"
        ) from error
    return text


def _set_guid(guid: str) -> str:
    # One that nobody set, as .NET writes it: all who forget it would be one customer.
    if guid == NO_GUID:
        raise PydanticCustomError("unset_id", "Should be the id of somebody, and is all zeros")
    return guid


def _upper_case(text: str) -> str:
    # Letters of other scripts may grow in upper case.
    if not (text.isascii() and text.isalpha()):
        raise PydanticCustomError("currency", "Input should be an ISO 4217 code like USD")
    return text.upper()


def _known_cycle(text: object) -> object:
    if not isinstance(text, str):
        return text
    cycle = text.lower()
    return "one_time" if cycle == "onetime" else cycle


Guid = Annotated[
    str,
    StringConstraints(pattern=r"^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$", to_lower=True),
    WithJsonSchema({"type": "string", "format": "uuid"}),
]
CustomerId = Annotated[
    Guid,
    AfterValidator(_set_guid),
    # In a GUID that somebody set, something is no zero.
    WithJsonSchema({"type": "string", "format": "uuid", "pattern": "[1-9a-fA-F]"}),
]
Name = Annotated[str, StringConstraints(min_length=1, max_length=64)]
ItemId = Annotated[str, StringConstraints(min_length=1, max_length=256)]
Description = Annotated[str, StringConstraints(max_length=1024)]
Currency = Annotated[
    str,
    StringConstraints(min_length=3, max_length=3),
    AfterValidator(_upper_case),
    Field(json_schema_extra={"pattern": "^[A-Za-z]{3}$"}),
]
BillingCycle = Annotated[str, StringConstraints(min_length=1, max_length=32), BeforeValidator(_known_cycle)]
Timestamp = Annotated[
    str,
    StringConstraints(max_length=40),
    AfterValidator(_check_timestamp),
    # A command's should be written in full. In an event it is as it came, perhaps without a zone: a strict
    # parser would stumble over that.
    WithJsonSchema({"type": "string", "format": "date-time", "maxLength": 40}, mode="validation"),
    WithJsonSchema({"type": "string", "maxLength": 40}, mode="serialization"),
]
Moment = Annotated[str, Field(json_schema_extra={"format": "date-time"})]
"""A time that the worker wrote: UTC, ending in Z."""

LowerGuid = Annotated[str, Field(json_schema_extra={"format": "uuid"})]
"""A GUID as events have it: in lower case."""

Quantity = Annotated[int, Field(ge=1, le=2_147_483_647)]
Version = Annotated[int, Field(ge=0, le=2_147_483_647)]
