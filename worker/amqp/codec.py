"""Decode: from a delivery to a command, or to what is wrong with it. Encode: from an event to a message."""

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from itertools import chain
from typing import Any, Final

from aiormq import spec

from contracts.checkout import CheckoutCart
from contracts.codes import DeadLetterCode
from contracts.reader import UnreadableError, read_checkout, read_update
from contracts.rejected import Violation
from contracts.scalars import parse_timestamp
from contracts.update import UpdateCart
from contracts.wire import (
    CLOUD_EVENT_AMQP_PREFIXES,
    CLOUD_EVENT_PREFIX,
    EVENT_SOURCE,
    RESULTS_EXCHANGE,
    TRACEPARENT,
    TRACESTATE,
    UPDATE_QUEUE,
    ReplayHeader,
    source_of,
)
from worker.amqp.delivery import Delivery
from worker.amqp.frame_shield import UndecodableProperties
from worker.amqp.header_table import FaithfulProperties
from worker.amqp.outgoing import PERSISTENT, Outgoing
from worker.amqp.property_bytes import identity
from worker.checkout.command import Command, Origin, cart_id_of
from worker.checkout.content import command_hash
from worker.checkout.event import Event

_LONGEST_ID: Final = 255
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_TRACEPARENT: Final = re.compile(r"(?!ff)[0-9a-f]{2}-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}")
_TOKEN: Final = re.compile(r"[0-9a-f]{64}")
_TRACESTATE: Final = re.compile(r"[\x20-\x7e]{1,512}")


@dataclass(frozen=True, slots=True)
class Malformed:
    """A delivery that leads to no decision: it becomes a dead letter, and whoever asked is told."""

    code: DeadLetterCode | str
    reason: str
    violations: list[Violation] = field(default_factory=list)
    for_operators: str = ""
    """What the reason goes on with in the dead letter; nothing for those who are told by an event."""


@dataclass(frozen=True, slots=True)
class Limits:
    max_bytes: int
    max_line_items: int


def decode(delivery: Delivery, limits: Limits) -> Command | Malformed:
    """The command that a delivery carries; its queue tells which."""
    if isinstance(delivery.properties, UndecodableProperties):
        return Malformed(DeadLetterCode.UNDECODABLE_FRAME, delivery.properties.reason)
    try:
        _check_ids(delivery.properties)
        body = read_command(delivery.body, delivery.queue, limits)
    except UnreadableError as error:
        return Malformed(error.code, error.reason, error.violations)
    message_id = message_id_of(delivery)
    return Command(
        message_id=message_id,
        content_hash=command_hash(body),
        body=body,
        cart_id=cart_id_of(body, message_id),
        asked=asked_at(delivery),
        received=delivery.received,
        origin=origin_of(delivery),
        user=_user(delivery.properties),
        replay_token=replay_token(delivery.properties),
    )


def read_command(body: bytes, queue: str, limits: Limits) -> CheckoutCart | UpdateCart:
    """The command of this queue, whose name is its routing key as well. Raises: UnreadableError."""
    read = read_update if queue == UPDATE_QUEUE else read_checkout
    return read(body, max_bytes=limits.max_bytes, max_line_items=limits.max_line_items)


def message_id_of(delivery: Delivery) -> str:
    """`message_id`, else `ce-id`, else a hash of what makes two messages the same."""
    given = delivery.properties.message_id or _cloud(delivery.properties, "id")
    return _short(given) if given else _fallback_id(delivery)


def origin_of(delivery: Delivery) -> Origin:
    """Who asked. Headers are read defensively: a bad one is as good as none."""
    properties = delivery.properties
    headers = properties.headers or {}
    correlation_id = properties.correlation_id or _cloud(properties, "correlationid")
    traceparent = _matching(_TRACEPARENT, headers.get(TRACEPARENT))
    return Origin(
        source=source_of(properties.app_id or _cloud(properties, "source")),
        correlation_id=_short(correlation_id) if correlation_id else message_id_of(delivery),
        traceparent=traceparent,
        # W3C Trace Context: of no use without the other.
        tracestate=_matching(_TRACESTATE, headers.get(TRACESTATE)) if traceparent else None,
    )


def asked_at(delivery: Delivery) -> datetime:
    """When the producer asked, as far as that can be known; never later than now."""
    return min(stated_time(delivery.properties) or delivery.received, delivery.received)


def replay_token(properties: spec.Basic.Properties) -> bytes | None:
    """The token of a replay, which travels in hexadecimal digits; anything else is no token."""
    token = (properties.headers or {}).get(ReplayHeader.TOKEN)
    return bytes.fromhex(token) if isinstance(token, str) and _TOKEN.fullmatch(token) else None


def _user(properties: spec.Basic.Properties) -> str | None:
    """The broker has checked `user_id`; `app_id` is the producer's own word. As the contract can echo it."""
    user = properties.user_id or properties.app_id or _cloud(properties, "source")
    return user.replace("\0", "\ufffd")[:_LONGEST_ID] if user else None


def is_anonymous(delivery: Delivery) -> bool:
    """Nothing tells who asked or what: nobody could recognise an answer."""
    properties = delivery.properties
    given = (properties.message_id, properties.correlation_id, properties.app_id)
    clouds = (_cloud(properties, name) for name in ("id", "correlationid", "source"))
    return not any(given) and not any(clouds)


def encode(event: Event) -> Outgoing:
    """The message of an event: persistent JSON with CloudEvents headers in binary mode."""
    headers: dict[str, Any] = {
        "ce-specversion": "1.0",
        "ce-id": event.id,
        "ce-source": EVENT_SOURCE,
        "ce-type": str(event.type),
        "ce-subject": event.subject,
        "ce-time": event.time,
    }
    if event.origin.traceparent:
        headers[TRACEPARENT] = event.origin.traceparent
    if event.origin.tracestate:
        headers[TRACESTATE] = event.origin.tracestate
    properties = FaithfulProperties(
        app_id="cart-checkout-worker",
        content_type="application/json",
        correlation_id=event.origin.correlation_id,
        delivery_mode=PERSISTENT,
        headers=headers,
        message_id=event.id,
        message_type=event.type,
        timestamp=parse_timestamp(event.time).replace(microsecond=0),
    )
    return Outgoing(RESULTS_EXCHANGE, event.routing_key, event.body, properties)


def _check_ids(properties: spec.Basic.Properties) -> None:
    for name in ("message_id", "correlation_id"):
        if "\x00" in (getattr(properties, name) or ""):
            raise UnreadableError(
                DeadLetterCode.CONTRACT_VIOLATION,
                f"The property {name} holds a NUL character.",
                [Violation(path=name, rule="Text should hold no NUL character")],
            )


def stated_time(properties: spec.Basic.Properties) -> datetime | None:
    """When the producer asked, in its own word; None: it says nothing that can be read, or be true.

    AMQP has no times before 1970; what is not set is of the year 1 in .NET, and 0 in AMQP elsewhere.
    """
    if properties.timestamp is not None and properties.timestamp > _EPOCH:
        return properties.timestamp.astimezone(UTC)
    try:
        said = _cloud_time_of_amqp(properties) or parse_timestamp(_cloud(properties, "time") or "")
    except (ValueError, OverflowError):
        return None
    return said if said > _EPOCH else None


def _cloud_time_of_amqp(properties: spec.Basic.Properties) -> datetime | None:
    """As the AMQP 1.0 binding may write a time; the other one writes text only.

    RabbitMQ makes the timestamps of AMQP 1.0 into those of its own, of whole seconds.
    """
    headers = properties.headers or {}
    found = [headers.get(prefix + "time") for prefix in CLOUD_EVENT_AMQP_PREFIXES]
    times = (each.astimezone(UTC) for each in found if isinstance(each, datetime))
    numbers = (_EPOCH + timedelta(milliseconds=each) for each in found if type(each) is int)
    return next(chain(times, numbers), None)


def _cloud(properties: spec.Basic.Properties, attribute: str) -> str | None:
    headers = properties.headers or {}
    found = (headers.get(prefix + attribute) for prefix in (CLOUD_EVENT_PREFIX, *CLOUD_EVENT_AMQP_PREFIXES))
    return next((each for each in found if isinstance(each, str) and each and "\x00" not in each), None)


def _short(identifier: str) -> str:
    """An id as it came, or a hash of it where AMQP could not carry it back."""
    encoded = identifier.encode()
    return identifier if len(encoded) <= _LONGEST_ID else f"sha256:{sha256(encoded).hexdigest()}"


def _fallback_id(delivery: Delivery) -> str:
    properties = delivery.properties
    if isinstance(properties, UndecodableProperties):
        return f"sha256:{sha256(identity(properties.raw) + delivery.body).hexdigest()}"
    asked = properties.timestamp.isoformat() if properties.timestamp else ""
    parts = (delivery.routing_key, properties.app_id or "", properties.correlation_id or "", asked)
    prefix = "\n".join(f"{len(part)}:{part}" for part in parts).encode()
    return f"sha256:{sha256(prefix + delivery.body).hexdigest()}"


def _matching(pattern: re.Pattern[str], value: object) -> str | None:
    return value if isinstance(value, str) and pattern.fullmatch(value) else None
