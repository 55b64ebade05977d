"""An event as a message, read back by the official CloudEvents binding."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from cloudevents.core.bindings.rabbitmq import RabbitMQMessage, from_rabbitmq_event
from pamqp import decode

from contracts.wire import EventType
from tests.builders import CART, CUSTOMER, an_origin
from worker.amqp.encode import encode
from worker.amqp.outgoing import Outgoing
from worker.checkout.event import Event

TRACE = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
EVENT = Event(
    id="7656ff8f-ee70-57c0-9029-0252be54fabb",
    type=EventType.CHECKOUT_PARTIAL,
    body=b'{"customerId":"ca","name":"\xc3\xbc"}',
    subject=f"{CUSTOMER}/{CART}",
    time="2026-03-14T09:26:53.589793Z",
    origin=an_origin(),
)


def as_cloud_event(message: Outgoing) -> Any:
    headers: Any = message.properties.headers or {}
    return from_rabbitmq_event(RabbitMQMessage(headers, message.properties.content_type, message.body))


def test_an_event_goes_to_the_results_under_its_type_and_source() -> None:
    message = encode(EVENT)

    assert (message.exchange, message.routing_key) == ("checkout.results", "checkout.partial.storefront-eu")
    assert message.body == EVENT.body


def test_an_event_has_the_documented_properties_and_no_others() -> None:
    properties = encode(EVENT).properties

    found = {name: getattr(properties, name) for name in properties.__slots__ if name != "headers"}
    assert {name: value for name, value in found.items() if value not in (None, "")} == {
        "message_id": EVENT.id,
        "correlation_id": "correlation-1",
        "message_type": "checkout.partial",
        "content_type": "application/json",
        "app_id": "cart-checkout-worker",
        "delivery_mode": 2,
        "timestamp": datetime(2026, 3, 14, 9, 26, 53, tzinfo=UTC),
    }


def test_an_event_has_the_documented_headers_and_no_others() -> None:
    assert encode(EVENT).properties.headers == {
        "ce-specversion": "1.0",
        "ce-id": EVENT.id,
        "ce-source": "/cart-checkout-worker",
        "ce-type": "checkout.partial",
        "ce-subject": f"{CUSTOMER}/{CART}",
        "ce-time": "2026-03-14T09:26:53.589793Z",
    }


def test_the_official_binding_reads_it_as_a_cloud_event() -> None:
    event = as_cloud_event(encode(EVENT))

    assert event.get_attributes() == {
        "specversion": "1.0",
        "id": EVENT.id,
        "source": "/cart-checkout-worker",
        "type": "checkout.partial",
        "subject": f"{CUSTOMER}/{CART}",
        "time": datetime(2026, 3, 14, 9, 26, 53, 589793, tzinfo=UTC),
        "datacontenttype": "application/json",
    }
    assert event.get_data() == {"customerId": "ca", "name": "ü"}


@pytest.mark.parametrize("event_type", list(EventType))
def test_type_header_property_and_routing_key_agree(event_type: EventType) -> None:
    message = encode(replace(EVENT, type=event_type))

    assert as_cloud_event(message).get_type() == event_type.value
    assert message.properties.message_type == event_type.value
    assert message.routing_key == f"{event_type.value}.storefront-eu"


@pytest.mark.parametrize(
    ("trace", "headers"),
    [
        ({"traceparent": TRACE, "tracestate": "k=v"}, {"traceparent": TRACE, "tracestate": "k=v"}),
        ({"traceparent": TRACE}, {"traceparent": TRACE}),
        ({}, {}),
    ],
    ids=range(3),
)
def test_the_command_s_trace_goes_on(trace: dict[str, str], headers: dict[str, str]) -> None:
    found = encode(replace(EVENT, origin=an_origin(**trace))).properties.headers or {}

    assert {key: value for key, value in found.items() if not key.startswith("ce-")} == headers


def test_an_event_is_the_same_message_however_often_it_is_encoded() -> None:
    first, second = encode(EVENT), encode(EVENT)

    assert first.properties.marshal() == second.properties.marshal()
    assert (first.routing_key, first.body) == (second.routing_key, second.body)


def test_the_properties_of_an_event_can_be_written_to_the_wire() -> None:
    message = encode(replace(EVENT, origin=an_origin(source="x" * 200, correlation_id="ä" * 127)))

    read = type(message.properties)()
    read.unmarshal(*_flags_and_data(message.properties.marshal()))

    assert (read.correlation_id, read.message_id) == ("ä" * 127, EVENT.id)
    assert read.headers == message.properties.headers


def _flags_and_data(frame: bytes) -> tuple[int, bytes]:
    return decode.short_uint(frame)[1], frame[2:]
