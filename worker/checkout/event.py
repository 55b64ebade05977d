"""An event: what happened, encoded once and never again."""

from dataclasses import dataclass

from uuid_utils import UUID, uuid5

from contracts.scalars import timestamp
from contracts.wire import EventType, event_routing_key
from worker.checkout.command import Command, Origin

_EVENTS = UUID("5f0c9c52-7d0e-5b43-9a3f-6d1a2c0f7b11")


@dataclass(frozen=True, slots=True)
class Event:
    """A republication is this same value: id, routing key, headers and body as first made."""

    id: str
    type: EventType
    body: bytes
    subject: str
    time: str
    origin: Origin

    @property
    def routing_key(self) -> str:
        return event_routing_key(self.type, self.origin.source)


def event_id(*identity: str) -> str:
    """The id that the event of this identity has, whichever worker makes it and however often."""
    return str(uuid5(_EVENTS, "\n".join(identity)))


def event_of(command: Command, kind: EventType, body: bytes) -> Event:
    """The event that answers a command."""
    return Event(
        id=event_id(command.customer_id, command.message_id),
        type=kind,
        body=body,
        subject=f"{command.customer_id}/{command.cart_id}",
        time=timestamp(command.received),
        origin=command.origin,
    )
