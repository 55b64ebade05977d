"""A delivery: one attempt of the broker to hand over a message."""

from dataclasses import dataclass
from datetime import datetime

from aiormq import spec


@dataclass(frozen=True, slots=True)
class Delivery:
    body: bytes
    properties: spec.Basic.Properties
    exchange: str
    routing_key: str
    queue: str
    tag: int
    redelivered: bool
    received: datetime
