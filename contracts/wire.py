"""Names on the wire: exchanges, queues, routing keys, headers, event types."""

import re
from enum import StrEnum
from typing import Final

COMMANDS_EXCHANGE: Final = "cart.commands"
RESULTS_EXCHANGE: Final = "checkout.results"
DEAD_LETTERS_EXCHANGE: Final = "cart.dead-letters"

CHECKOUT_QUEUE: Final = "cart.checkout"
UPDATE_QUEUE: Final = "cart.update"
DEAD_LETTERS_QUEUE: Final = "cart.dead-letters"

CHECKOUT_KEY: Final = "cart.checkout"
UPDATE_KEY: Final = "cart.update"


class EventType(StrEnum):
    """What happened. The AMQP `type`, the `ce-type`, and the routing key up to the source."""

    CHECKOUT_COMPLETED = "checkout.completed"
    CHECKOUT_PARTIAL = "checkout.partial"
    CHECKOUT_FAILED = "checkout.failed"
    CHECKOUT_REJECTED = "checkout.rejected"
    CART_UPDATED = "cart.updated"
    CART_REJECTED = "cart.rejected"


class DeadLetterHeader(StrEnum):
    """Headers that a dead letter carries beside those of the message it was."""

    ID = "x-dead-letter-id"
    CODE = "x-dead-letter-code"
    REASON = "x-dead-letter-reason"
    FIRST_RECEIVED = "x-dead-letter-first-received"
    FAILED_AT = "x-dead-letter-failed-at"
    ORIGINAL_USER_ID = "x-original-user-id"
    ORIGINAL_EXPIRATION = "x-original-expiration"
    ORIGINAL_PROPERTIES = "x-original-properties"
    """All properties as bytes, where these cannot be decoded."""


class ReplayHeader(StrEnum):
    """Headers of a message that operations publish again; they are no part of what the message says."""

    TOKEN = "x-replay-token"  # noqa: S105 - the name of a header
    BY = "x-replayed-by"
    OF = "x-replay-of"


TRACEPARENT: Final = "traceparent"
TRACESTATE: Final = "tracestate"
CLOUD_EVENT_PREFIX: Final = "ce-"
"""Of RabbitMQ's binding of CloudEvents, which events are written in."""

CLOUD_EVENT_AMQP_PREFIXES: Final = ("cloudEvents_", "cloudEvents:")
"""Of the binding to AMQP 1.0; clients use it over AMQP 0-9-1 as well."""

EVENT_SOURCE: Final = "/cart-checkout-worker"

UNKNOWN_SOURCE: Final = "unknown"
# A routing key holds 255 bytes; the longest event type and its dot take 19 of them.
_LONGEST_SOURCE: Final = 200
_NOT_IN_A_SOURCE: Final = re.compile(r"[^A-Za-z0-9_-]")


def source_of(app_id: str | None) -> str:
    """The word by which a producer's events are routed, made from its AMQP `app_id`."""
    return _NOT_IN_A_SOURCE.sub("-", app_id)[:_LONGEST_SOURCE] if app_id else UNKNOWN_SOURCE


def event_routing_key(event: EventType, source: str) -> str:
    return f"{event}.{source}"
