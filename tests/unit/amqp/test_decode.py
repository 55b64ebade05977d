"""From a delivery to a command, or to what is wrong with it."""

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.codes import DeadLetterCode
from contracts.rejected import Violation
from tests.builders import CART, CUSTOMER, NOW, a_cart, a_checkout, a_command, a_delivery, a_line, as_body
from worker.amqp.decode import Limits, decode
from worker.amqp.delivery import Delivery
from worker.amqp.malformed import Malformed
from worker.checkout.command import Command

LIMITS = Limits(max_bytes=1024 * 1024, max_line_items=200)
HOUR = timedelta(hours=1)


def command_of(delivery: Delivery, limits: Limits = LIMITS) -> Command:
    decoded = decode(delivery, limits)
    assert isinstance(decoded, Command)
    return decoded


def malformed(delivery: Delivery, limits: Limits = LIMITS) -> Malformed:
    decoded = decode(delivery, limits)
    assert isinstance(decoded, Malformed)
    return decoded


def with_property(name: str, value: Any) -> Delivery:
    return a_delivery(**{name: value})


def test_a_delivery_is_decoded_to_its_command() -> None:
    delivery = a_delivery(message_id="message-1", correlation_id="correlation-1", app_id="storefront-eu")

    assert command_of(delivery) == a_command()


def test_customer_and_cart_are_its_keys() -> None:
    command = command_of(a_delivery(as_body(a_checkout(customerId=CUSTOMER.upper())), message_id="m"))

    assert (command.identity, command.cart_key) == ((CUSTOMER, "m"), (CUSTOMER, CART))


@pytest.mark.parametrize(
    ("properties", "asked"),
    [
        ({}, NOW),
        ({"timestamp": NOW - HOUR}, NOW - HOUR),
        ({"timestamp": NOW + HOUR}, NOW),
        ({"timestamp": datetime(1970, 1, 1, tzinfo=UTC)}, NOW),
        (
            {"timestamp": datetime(1970, 1, 1, tzinfo=UTC), "headers": {"ce-time": "2026-03-14T08:26:53Z"}},
            (NOW - HOUR).replace(microsecond=0),
        ),
        ({"timestamp": (NOW - HOUR).astimezone(timezone(HOUR))}, NOW - HOUR),
        ({"headers": {"ce-time": "2026-03-14T08:26:53.5897930Z"}}, NOW - HOUR),
        ({"headers": {"ce-time": "2026-03-14T09:26:53.589793+01:00"}}, NOW - HOUR),
        ({"headers": {"ce-time": "2026-03-15T00:00:00Z"}}, NOW),
        ({"timestamp": NOW - 2 * HOUR, "headers": {"ce-time": "2026-03-14T08:26:53Z"}}, NOW - 2 * HOUR),
        ({"headers": {"ce-time": "soon"}}, NOW),
        ({"headers": {"ce-time": "9999-12-31T23:59:59-14:00"}}, NOW),
        ({"headers": {"ce-time": 1773480413}}, NOW),
        ({"headers": {"ce-time": datetime(2026, 1, 1, tzinfo=UTC)}}, NOW),
    ],
    ids=range(14),
)
def test_it_was_asked_when_the_producer_says_and_never_after_it_was_received(
    properties: dict[str, Any], asked: datetime
) -> None:
    command = command_of(a_delivery(**properties))

    assert (command.asked, command.received) == (asked, NOW)
    assert command.asked.utcoffset() == timedelta(0)


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"\xff", DeadLetterCode.NOT_UTF8),
        (b"{", DeadLetterCode.NOT_JSON),
        (b"", DeadLetterCode.NOT_JSON),
        (b"{}", DeadLetterCode.CONTRACT_VIOLATION),
    ],
)
def test_a_body_that_is_no_command_is_malformed(body: bytes, code: DeadLetterCode) -> None:
    found = malformed(a_delivery(body))

    assert found.code is code
    assert bool(found.violations) == (code is DeadLetterCode.CONTRACT_VIOLATION)


def test_the_limits_are_settings() -> None:
    delivery = a_delivery(as_body(a_checkout(a_cart(a_line(), a_line()))))
    size = len(delivery.body)

    assert command_of(delivery, Limits(max_bytes=size, max_line_items=2)).cart_id == CART
    assert malformed(delivery, Limits(max_bytes=size - 1, max_line_items=2)).code is DeadLetterCode.TOO_LARGE
    assert malformed(delivery, Limits(max_bytes=size, max_line_items=1)).violations == [
        Violation(path="cart.lineItems", rule="Input should have at most 1 line items, add-ons included")
    ]


@pytest.mark.parametrize("name", ["message_id", "correlation_id"])
def test_an_id_with_a_nul_character_is_a_violation(name: str) -> None:
    assert malformed(with_property(name, "a\0b")) == Malformed(
        DeadLetterCode.CONTRACT_VIOLATION,
        f"The property {name} holds a NUL character.",
        [Violation(path=name, rule="Text should hold no NUL character")],
    )


headers = st.dictionaries(
    st.sampled_from(["ce-id", "ce-time", "ce-source", "ce-correlationid", "traceparent", "tracestate", "x"]),
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary() | st.lists(st.text()),
)


@given(st.none() | headers, st.binary())
def test_no_header_and_no_body_makes_decoding_raise(found: dict[str, Any] | None, body: bytes) -> None:
    assert isinstance(decode(a_delivery(headers=found), LIMITS), Command)
    assert isinstance(decode(a_delivery(body, headers=found), LIMITS), Malformed)
