"""Commands in binary mode, made by the official CloudEvents package in each spelling of AMQP clients."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from cloudevents.core.bindings.amqp import to_binary_event as to_amqp
from cloudevents.core.bindings.rabbitmq import to_binary_event as to_rabbitmq
from cloudevents.core.v1.event import CloudEvent

from tests.builders import CART, NOW, a_checkout, a_delivery, an_origin, as_body
from worker.amqp.decode import Limits, decode
from worker.amqp.delivery import Delivery
from worker.amqp.envelope import is_anonymous
from worker.checkout.command import Command

LIMITS = Limits(max_bytes=1024 * 1024, max_line_items=200)
HOUR_AGO = NOW.replace(microsecond=0) - timedelta(hours=1)
EVENT = CloudEvent(
    attributes={
        "id": "event-1",
        "source": "/storefronts/eu",
        "type": "com.contoso.checkout.wanted",
        "time": HOUR_AGO,
        "correlationid": "visit-4711",
        "datacontenttype": "application/json",
        "specversion": "1.0",
    },
    data=a_checkout(),
)
Message = tuple[dict[str, Any], bytes]


def by_rabbitmq(event: CloudEvent) -> Message:
    made = to_rabbitmq(event)
    return dict(made.headers), made.body


def by_amqp(event: CloudEvent) -> Message:
    made = to_amqp(event)
    return dict(made.application_properties), made.application_data


def by_amqp_with_colons(event: CloudEvent) -> Message:
    headers, body = by_amqp(event)
    return {name.replace("cloudEvents_", "cloudEvents:"): value for name, value in headers.items()}, body


def command_of(delivery: Delivery) -> Command:
    decoded = decode(delivery, LIMITS)
    assert isinstance(decoded, Command)
    return decoded


@pytest.mark.parametrize("binding", [by_rabbitmq, by_amqp, by_amqp_with_colons])
def test_a_cloud_event_fills_the_properties_that_are_absent(
    binding: Callable[[CloudEvent], Message],
) -> None:
    headers, body = binding(EVENT)
    command = command_of(a_delivery(body, headers=headers))

    assert (command.message_id, command.asked) == ("event-1", HOUR_AGO)
    assert command.origin == an_origin(source="-storefronts-eu", correlation_id="visit-4711")
    assert command.cart_id == CART


@pytest.mark.parametrize("binding", [by_rabbitmq, by_amqp, by_amqp_with_colons])
def test_properties_that_are_there_win(binding: Callable[[CloudEvent], Message]) -> None:
    headers, body = binding(EVENT)
    given: dict[str, Any] = {"message_id": "m", "correlation_id": "c", "app_id": "shop", "timestamp": NOW}
    command = command_of(a_delivery(body, headers=headers, **given))

    assert (command.message_id, command.asked) == ("m", NOW)
    assert command.origin == an_origin(source="shop", correlation_id="c")


def test_the_same_cart_is_the_same_command_in_any_mode() -> None:
    (headers, body), plain = by_rabbitmq(EVENT), a_delivery(as_body(a_checkout()), message_id="event-1")

    assert command_of(a_delivery(body, headers=headers)).content_hash == command_of(plain).content_hash


@pytest.mark.parametrize("name", ["cloudEvents_id", "cloudEvents:source", "cloudEvents_correlationid"])
def test_whoever_is_named_in_any_spelling_is_not_anonymous(name: str) -> None:
    assert not is_anonymous(a_delivery(headers={name: "somebody"}))


@pytest.mark.parametrize(
    ("time", "asked"),
    [
        (int(HOUR_AGO.timestamp() * 1000), HOUR_AGO),
        (HOUR_AGO.isoformat(), HOUR_AGO),
        (int((NOW + timedelta(days=1)).timestamp() * 1000), NOW),
        (10**18, NOW),
        (-(10**18), NOW),
        (-1, NOW),
        ("0001-01-01T00:00:00Z", NOW),
        ("1969-12-31T23:59:59Z", NOW),
        ("1970-01-01T00:00:00Z", NOW),
        (0, NOW),
        (True, NOW),
        (1.5, NOW),
        (datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 1, 1, tzinfo=UTC)),
        (datetime(2030, 1, 1, tzinfo=UTC), NOW),
    ],
    ids=range(14),
)
def test_the_amqp_binding_s_time_is_text_milliseconds_or_a_timestamp(time: object, asked: datetime) -> None:
    assert command_of(a_delivery(headers={"cloudEvents_time": time})).asked == asked


def test_a_number_is_no_time_in_rabbitmq_s_binding() -> None:
    milliseconds = int(HOUR_AGO.timestamp() * 1000)

    assert command_of(a_delivery(headers={"ce-time": milliseconds})).asked == NOW
