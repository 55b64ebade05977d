"""By what a dead letter is known again."""

import json
import re
from hashlib import sha256
from typing import Any, Final

from aiormq import spec

from contracts.wire import DeadLetterHeader, ReplayHeader
from worker.amqp.delivery import Delivery
from worker.amqp.envelope import message_id_of
from worker.amqp.frame_shield import UndecodableProperties
from worker.amqp.property_bytes import identity

# These two would make the broker send copies to wherever their values say.
SENDER_SELECTED: Final = frozenset({"CC", "BCC"})
# Written by quorum queues on each delivery, and by us on a dead letter that came back: not the message's.
NOT_THE_PRODUCERS: Final = frozenset({"x-delivery-count", "x-acquired-count", *DeadLetterHeader})
# What a message gets on its way from one attempt to the next, or loses on it: no part of its identity.
_OF_THE_WAY: Final = frozenset({"cluster_id", "delivery_mode", "expiration", "message_id", "user_id"})
_WAY_HEADERS: Final = NOT_THE_PRODUCERS | SENDER_SELECTED | frozenset(ReplayHeader)
_DEATHS: Final = re.compile("x-death|x-(first|last)-death-(exchange|queue|reason)")


def dead_letter_id(delivery: Delivery) -> str:
    """The same for every delivery of a message and for its replays: queue, properties and body.

    What does not survive a dead letter and its replay is left out: user, expiration, delivery mode, copies.
    """
    came = delivery.properties
    if isinstance(came, UndecodableProperties):
        return sha256(f"{delivery.queue}\n".encode() + identity(came.raw) + delivery.body).hexdigest()
    properties = {name: getattr(came, name) for name in came.__slots__ if name not in _OF_THE_WAY}
    properties["headers"] = sent_headers(came)
    properties["message_id"] = message_id_of(delivery)
    canonical = json.dumps([delivery.queue, properties], sort_keys=True, default=repr)
    hashed = sha256(canonical.encode())
    # Not both in one: where the broker sets no limit of its own, a body may have 100 MB.
    hashed.update(delivery.body)
    return hashed.hexdigest()


def sent_headers(came: spec.Basic.Properties) -> dict[str, Any]:
    """The headers that are the producer's own, without those that would send copies around."""
    headers = came.headers or {}
    return {k: v for k, v in headers.items() if k not in _WAY_HEADERS and not _DEATHS.fullmatch(k)}
