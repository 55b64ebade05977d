"""A message to publish, and what the broker may say of it."""

from dataclasses import dataclass
from enum import Enum
from typing import Final

from aiormq import spec

PERSISTENT: Final = 2


class Receipt(Enum):
    """What the broker said of a message. Unknown: nothing, so it may have been published all the same."""

    CONFIRMED = "confirmed"
    RETURNED = "returned"
    REFUSED = "refused"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Outgoing:
    """It has a message id, by which the broker's return is known."""

    exchange: str
    routing_key: str
    body: bytes
    properties: spec.Basic.Properties
