"""A dead letter: the message as it came, with the reason why it was set aside."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from aiormq import spec

from contracts.scalars import parse_timestamp, timestamp
from contracts.wire import CHECKOUT_QUEUE, DEAD_LETTERS_EXCHANGE, UPDATE_QUEUE, DeadLetterHeader
from worker.amqp.dead_letter_id import NOT_THE_PRODUCERS, SENDER_SELECTED, dead_letter_id
from worker.amqp.deaths import newest_death
from worker.amqp.delivery import Delivery
from worker.amqp.envelope import message_id_of
from worker.amqp.frame_shield import UndecodableProperties
from worker.amqp.header_table import FaithfulProperties, table
from worker.amqp.malformed import Malformed
from worker.amqp.outgoing import PERSISTENT, Outgoing
from worker.amqp.property_bytes import as_sent

_REPLACED: Final = frozenset(
    {"cluster_id", "delivery_mode", "expiration", "headers", "message_id", "user_id"}
)
_LONGEST_REASON: Final = 4096
# Of the 16 kB that are ours, what identity, code, reason and time leave.
_MOST_PROPERTY_BYTES: Final = 15 * 1024
# A frame has 128 kB, all properties are in one, and a larger one ends the connection.
_MOST_HEADER_BYTES: Final = 108 * 1024


def dead_letter(delivery: Delivery, malformed: Malformed) -> Outgoing:
    """The message with body and properties as they came, plus our headers.

    `user_id` and `expiration` travel as headers: the broker would refuse the one and obey the other.
    """
    came = delivery.properties
    kept = {name: getattr(came, name) for name in came.__slots__ if name not in _REPLACED}
    headers, lost = _kept_headers(came)
    properties = FaithfulProperties(
        **kept,
        delivery_mode=PERSISTENT,
        headers=headers | _our_headers(delivery, malformed, lost),
        # With this one, a replay has the identity that the message had.
        message_id=came.message_id or message_id_of(delivery),
    )
    return Outgoing(DEAD_LETTERS_EXCHANGE, delivery.routing_key, delivery.body, properties)


def first_received(delivery: Delivery) -> datetime:
    """A dead letter that came back keeps the time of its first receipt."""
    earlier = (delivery.properties.headers or {}).get(DeadLetterHeader.FIRST_RECEIVED)
    try:
        return min(parse_timestamp(str(earlier)), delivery.received)
    except (ValueError, OverflowError):
        return delivery.received


def _our_headers(delivery: Delivery, malformed: Malformed, lost: str) -> dict[str, Any]:
    headers: dict[str, Any] = {
        DeadLetterHeader.ID: dead_letter_id(delivery),
        DeadLetterHeader.CODE: str(malformed.code),
        DeadLetterHeader.FIRST_RECEIVED: timestamp(first_received(delivery)),
        DeadLetterHeader.FAILED_AT: timestamp(delivery.received),
    }
    if isinstance(delivery.properties, UndecodableProperties):
        raw = as_sent(delivery.properties.raw)
        headers[DeadLetterHeader.ORIGINAL_PROPERTIES] = bytearray(raw[:_MOST_PROPERTY_BYTES])
        if len(raw) > _MOST_PROPERTY_BYTES:
            lost = f" Kept are the first {_MOST_PROPERTY_BYTES} of {len(raw)} bytes of properties."
    more = (f"; {malformed.for_operators}" if malformed.for_operators else "") + lost
    reason = malformed.reason.encode()[: _LONGEST_REASON - len(more)].decode(errors="ignore")
    headers[DeadLetterHeader.REASON] = reason + more
    if delivery.properties.user_id:
        headers[DeadLetterHeader.ORIGINAL_USER_ID] = delivery.properties.user_id
    if delivery.properties.expiration:
        headers[DeadLetterHeader.ORIGINAL_EXPIRATION] = delivery.properties.expiration
    return headers


def _kept_headers(came: spec.Basic.Properties) -> tuple[dict[str, Any], str]:
    """The producer's headers, and what had to be left out of them: the largest go first."""
    left_behind = NOT_THE_PRODUCERS | SENDER_SELECTED | _old_deaths(came.headers or {})
    sent = {key: value for key, value in (came.headers or {}).items() if key not in left_behind}
    excess = len(table(sent)) - _MOST_HEADER_BYTES
    if excess <= 0:
        return sent, ""
    sizes = sorted(((len(table({key: sent[key]})), key) for key in sent), reverse=True)
    left_out = 0
    while excess > 0:
        size, key = sizes[left_out]
        del sent[key]
        excess -= size - len(table({}))
        left_out += 1
    return sent, f" The largest of the headers did not fit beside ours and are left out: {left_out}."


def _old_deaths(headers: Mapping[str, Any]) -> frozenset[str]:
    """An x-death that begins with a queue of ours: forged, or of an earlier time.

    Left in, it would say that the broker set aside what we do.
    """
    is_ours = newest_death(headers).get("queue") in (CHECKOUT_QUEUE, UPDATE_QUEUE)
    return frozenset({"x-death"}) if is_ours else frozenset()
