"""What the properties of a delivery say: which message it is, who asked, and when."""

import re
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from itertools import chain
from typing import Final

from aiormq import spec

from contracts.scalars import parse_timestamp
from contracts.wire import (
    CLOUD_EVENT_AMQP_PREFIXES,
    CLOUD_EVENT_PREFIX,
    TRACEPARENT,
    TRACESTATE,
    ReplayHeader,
    source_of,
)
from worker.amqp.delivery import Delivery
from worker.amqp.frame_shield import UndecodableProperties
from worker.amqp.property_bytes import identity
from worker.checkout.command import Origin

_LONGEST_ID: Final = 255
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_TRACEPARENT: Final = re.compile(r"(?!ff)[0-9a-f]{2}-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}")
_TOKEN: Final = re.compile(r"[0-9a-f]{64}")
_TRACESTATE: Final = re.compile(r"[\x20-\x7e]{1,512}")


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


def user_of(properties: spec.Basic.Properties) -> str | None:
    """The broker has checked `user_id`; `app_id` is the producer's own word. As the contract can echo it."""
    user = properties.user_id or properties.app_id or _cloud(properties, "source")
    return user.replace("\0", "\ufffd")[:_LONGEST_ID] if user else None


def is_anonymous(delivery: Delivery) -> bool:
    """Nothing tells who asked or what: nobody could recognise an answer."""
    properties = delivery.properties
    given = (properties.message_id, properties.correlation_id, properties.app_id)
    clouds = (_cloud(properties, name) for name in ("id", "correlationid", "source"))
    return not any(given) and not any(clouds)


def asked_at(delivery: Delivery) -> datetime:
    """When the producer asked, as far as that can be known; never later than now."""
    return min(stated_time(delivery.properties) or delivery.received, delivery.received)


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


def replay_token(properties: spec.Basic.Properties) -> bytes | None:
    """The token of a replay, which travels in hexadecimal digits; anything else is no token."""
    token = (properties.headers or {}).get(ReplayHeader.TOKEN)
    return bytes.fromhex(token) if isinstance(token, str) and _TOKEN.fullmatch(token) else None


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
