"""From an event to a message."""

from typing import Any

from contracts.scalars import parse_timestamp
from contracts.wire import EVENT_SOURCE, RESULTS_EXCHANGE, TRACEPARENT, TRACESTATE
from worker.amqp.header_table import FaithfulProperties
from worker.amqp.outgoing import PERSISTENT, Outgoing
from worker.checkout.event import Event


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
