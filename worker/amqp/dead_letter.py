"""A dead letter: the message as it came, with the reason why it was set aside; and the event that tells."""

import json
import re
from collections.abc import Mapping
from datetime import datetime
from hashlib import sha256
from typing import Any, Final

from aiormq import spec

from contracts.cart import Cart
from contracts.checkout import CheckoutCart
from contracts.codes import DeadLetterCode
from contracts.document import parsed
from contracts.model import TolerantModel
from contracts.rejected import CartRejected, CheckoutRejected
from contracts.scalars import parse_timestamp, timestamp
from contracts.wire import (
    CHECKOUT_QUEUE,
    DEAD_LETTERS_EXCHANGE,
    UPDATE_QUEUE,
    DeadLetterHeader,
    EventType,
    ReplayHeader,
)
from worker.amqp.codec import Malformed, asked_at, is_anonymous, message_id_of, origin_of
from worker.amqp.delivery import Delivery
from worker.amqp.frame_shield import UndecodableProperties
from worker.amqp.header_table import FaithfulProperties, table
from worker.amqp.outgoing import PERSISTENT, Outgoing
from worker.amqp.property_bytes import as_sent, identity
from worker.checkout.event import Event, event_id

_REPLACED: Final = frozenset(
    {"cluster_id", "delivery_mode", "expiration", "headers", "message_id", "user_id"}
)
# Of what came to no queue of commands, the key tells what was meant.
_UPDATE_BEGINS: Final = "cart.up"
_LONGEST_REASON: Final = 4096
# Of the 16 kB that are ours, what identity, code, reason and time leave.
_MOST_PROPERTY_BYTES: Final = 15 * 1024
# A frame has 128 kB, all properties are in one, and a larger one ends the connection.
_MOST_HEADER_BYTES: Final = 108 * 1024
# Nothing in these can be read, or reading them may be what ended the process.
_UNREAD: Final = frozenset(
    {
        DeadLetterCode.TOO_LARGE,
        DeadLetterCode.NOT_UTF8,
        DeadLetterCode.NOT_JSON,
        DeadLetterCode.PROCESS_KILLER,
    }
)
# One of zeros is one that nobody set.
_GUID: Final = re.compile(r"(?![0-]*$)[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
# These two would make the broker send copies to wherever their values say.
_SENDER_SELECTED: Final = frozenset({"CC", "BCC"})
# Written by quorum queues on each delivery, and by us on a dead letter that came back: not the message's.
_NOT_THE_PRODUCERS: Final = frozenset({"x-delivery-count", "x-acquired-count", *DeadLetterHeader})
# What a message gets on its way from one attempt to the next, or loses on it: no part of its identity.
_OF_THE_WAY: Final = frozenset({"cluster_id", "delivery_mode", "expiration", "message_id", "user_id"})
_WAY_HEADERS: Final = _NOT_THE_PRODUCERS | _SENDER_SELECTED | frozenset(ReplayHeader)
_DEATHS: Final = re.compile("x-death|x-(first|last)-death-(exchange|queue|reason)")


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


def rejected_event(delivery: Delivery, malformed: Malformed) -> Event | None:
    """`checkout.rejected` or `cart.rejected` for whoever asked; None where nothing tells who that is."""
    if is_anonymous(delivery):
        return None
    customer_id, cart_id = mentioned_ids(delivery, malformed.code)
    is_update = delivery.queue == UPDATE_QUEUE or delivery.routing_key.startswith(_UPDATE_BEGINS)
    body = (CartRejected if is_update else CheckoutRejected)(
        code=malformed.code,
        description=malformed.reason,
        dead_lettered=True,
        violations=malformed.violations,
        customer_id=customer_id,
        cart_id=cart_id,
    )
    return Event(
        id=event_id(dead_letter_id(delivery)),
        type=EventType.CART_REJECTED if is_update else EventType.CHECKOUT_REJECTED,
        body=body.to_json(),
        subject=f"{customer_id or 'unknown'}/{cart_id or 'unknown'}",
        # Of the message where it tells: every copy of this event is the same then.
        time=timestamp(asked_at(delivery)),
        origin=origin_of(delivery),
    )


def sent_headers(came: spec.Basic.Properties) -> dict[str, Any]:
    """The headers that are the producer's own, without those that would send copies around."""
    headers = came.headers or {}
    return {k: v for k, v in headers.items() if k not in _WAY_HEADERS and not _DEATHS.fullmatch(k)}


def _kept_headers(came: spec.Basic.Properties) -> tuple[dict[str, Any], str]:
    """The producer's headers, and what had to be left out of them: the largest go first."""
    left_behind = _NOT_THE_PRODUCERS | _SENDER_SELECTED | _old_deaths(came.headers or {})
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


def newest_death(headers: Mapping[str, Any]) -> dict[str, Any]:
    """The entry of x-death that the broker wrote last, which it puts first; empty where there is none."""
    deaths = headers.get("x-death")
    newest = deaths[0] if isinstance(deaths, list) and deaths else None
    return newest if isinstance(newest, dict) else {}


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


def first_received(delivery: Delivery) -> datetime:
    """A dead letter that came back keeps the time of its first receipt."""
    earlier = (delivery.properties.headers or {}).get(DeadLetterHeader.FIRST_RECEIVED)
    try:
        return min(parse_timestamp(str(earlier)), delivery.received)
    except (ValueError, OverflowError):
        return delivery.received


def mentioned_ids(delivery: Delivery, code: str) -> tuple[str | None, str | None]:
    """Customer and cart, as far as a body that is no command names them."""
    if code in _UNREAD:
        return None, None
    try:
        command = _members(CheckoutCart, parsed(delivery.body.removeprefix(b"\xef\xbb\xbf")))
    except ValueError:
        return None, None
    cart = _members(Cart, command.get("cart"))
    return _guid(command.get("customerId")), _guid(command.get("cartId")) or _guid(cart.get("id"))


def _members(model: type[TolerantModel], value: object) -> dict[str | None, Any]:
    return {model.member(key): member for key, member in value.items()} if isinstance(value, dict) else {}


def _guid(value: object) -> str | None:
    return value.lower() if isinstance(value, str) and _GUID.fullmatch(value.lower()) else None
