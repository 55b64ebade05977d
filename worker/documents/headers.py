"""AMQP properties and headers of each kind of message."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from contracts import wire
from contracts.codes import DeadLetterCode
from contracts.wire import DeadLetterHeader
from worker.amqp.encode import encode
from worker.checkout.event import Event

_TRACE: Final = {
    wire.TRACEPARENT: "W3C trace context; goes on from a command to its event.",
    wire.TRACESTATE: "W3C trace context; goes on from a command to its event.",
}

COMMAND_PROPERTIES: Final = {
    "message_id": "Identity of the command for its customer: the same id with the same content is answered "
    "by the same event, and nothing is done twice. Absent: ce-id, else a hash of the message.",
    "correlation_id": "Echoed in the answer. Absent: ce-correlationid, else the message id.",
    "app_id": "The source: the last word of the answer's routing key, cut to 200 characters. Absent: "
    "ce-source, else `unknown`.",
    "timestamp": "When it was asked; judges if the cart is expired. Absent or 0: ce-time, else its receipt.",
    "content_type": "Not looked at: bodies are UTF-8 JSON.",
    "expiration": "Leave it away: a command that expires before a worker takes it becomes a dead letter "
    "(`expired`).",
}
COMMAND_HEADERS: Final = {
    "ce-id": "CloudEvents id, for an absent message_id.",
    "ce-source": "CloudEvents source, for an absent app_id.",
    "ce-time": "CloudEvents time, for an absent timestamp.",
    "ce-correlationid": "CloudEvents extension, for an absent correlation_id.",
} | _TRACE

EVENT_PROPERTIES: Final = {
    "message_id": "The event's stable id: the same whenever it is published again. Deduplicate by it.",
    "correlation_id": "The command's, else its message id.",
    "type": "The event, like the routing key without its last word.",
    "content_type": "application/json",
    "app_id": "Who says so: cart-checkout-worker.",
    "timestamp": "The same as ce-time, in whole seconds.",
    "delivery_mode": "2: persistent.",
}
EVENT_HEADERS: Final = {
    "ce-specversion": "1.0",
    "ce-id": "The same as message_id.",
    "ce-source": wire.EVENT_SOURCE,
    "ce-type": "The same as type.",
    "ce-subject": "`<customerId>/<cartId>`; `unknown` for what a rejected message does not tell.",
    "ce-time": "When the command was received; of what was set aside, when it was asked, if it tells.",
} | _TRACE

DEAD_LETTER_HEADERS: Final = {
    str(DeadLetterHeader.ID): "The same for each copy of this dead letter.",
    str(DeadLetterHeader.CODE): f"Why: {', '.join(DeadLetterCode)}; new ones may come.",
    str(DeadLetterHeader.REASON): "Why, for people; at most 4096 bytes.",
    str(DeadLetterHeader.FIRST_RECEIVED): "When the worker first received the message.",
    str(DeadLetterHeader.FAILED_AT): "When the worker received it in the attempt that failed last.",
    str(DeadLetterHeader.ORIGINAL_USER_ID): "The user_id that the message had.",
    str(DeadLetterHeader.ORIGINAL_EXPIRATION): "The expiration that the message had.",
    str(DeadLetterHeader.ORIGINAL_PROPERTIES): "All properties as bytes, where these cannot be decoded.",
}


def command_headers() -> dict[str, Any]:
    return _headers(COMMAND_HEADERS, ())


def event_headers() -> dict[str, Any]:
    return _headers(EVENT_HEADERS, [name for name in EVENT_HEADERS if name not in _TRACE])


def dead_letter_headers() -> dict[str, Any]:
    """None is always there: what the broker sets aside by itself carries none of ours."""
    return _headers(DEAD_LETTER_HEADERS, ())


def sent_headers(event: Event) -> dict[str, Any]:
    """The headers that this event goes out with."""
    return dict(encode(event).properties.headers or {})


def _headers(described: Mapping[str, str], required: Iterable[str]) -> dict[str, Any]:
    members = {name: {"type": "string", "description": text} for name, text in described.items()}
    schema: dict[str, Any] = {"type": "object", "properties": members}
    always = list(required)
    return schema | ({"required": always} if always else {})
