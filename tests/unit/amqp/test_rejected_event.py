"""checkout.rejected: who asked is told that the message became a dead letter."""

import json
from typing import Any

import pytest

from contracts.codes import DeadLetterCode
from contracts.rejected import Violation
from contracts.wire import EventType
from tests.builders import (
    CART,
    CUSTOMER,
    NOW,
    OTHER_CART,
    a_cart,
    a_checkout,
    a_checkout_by_reference,
    a_delivery,
    as_body,
)
from worker.amqp.dead_letter_id import dead_letter_id
from worker.amqp.delivery import Delivery
from worker.amqp.malformed import Malformed
from worker.amqp.rejection import rejected_event
from worker.checkout.event import Event, event_id

UNSET = "00000000-0000-0000-0000-000000000000"
MALFORMED = Malformed(
    DeadLetterCode.CONTRACT_VIOLATION, "It breaks the contract.", [Violation(path="cart.id", rule="r")]
)


def rejected(delivery: Delivery, malformed: Malformed = MALFORMED) -> Event:
    event = rejected_event(delivery, malformed)
    assert event is not None
    return event


def test_the_event_says_why_and_that_the_message_waits_among_the_dead_letters() -> None:
    delivery = a_delivery(app_id="shop", message_id="m", correlation_id="c")

    event = rejected(delivery)

    assert json.loads(event.body) == {
        "code": "contract-violation",
        "description": "It breaks the contract.",
        "deadLettered": True,
        "violations": [{"path": "cart.id", "rule": "r"}],
        "customerId": CUSTOMER,
        "cartId": CART,
    }
    assert (event.type, event.routing_key) == (EventType.CHECKOUT_REJECTED, "checkout.rejected.shop")
    assert (event.subject, event.time) == (f"{CUSTOMER}/{CART}", "2026-03-14T09:26:53.589793Z")
    assert event.origin.correlation_id == "c"


def test_the_event_has_one_id_at_every_delivery() -> None:
    first = rejected(a_delivery(message_id="m"))
    again = rejected(a_delivery(message_id="m", headers={"x-delivery-count": 1}, redelivered=True))
    other = rejected(a_delivery(message_id="n"))

    assert first.id == again.id == event_id(dead_letter_id(a_delivery(message_id="m", headers={})))
    assert first.id != other.id


@pytest.mark.parametrize(
    "properties", [{"message_id": "m"}, {"correlation_id": "c"}, {"app_id": "a"}], ids=str
)
def test_whoever_gives_an_id_of_any_kind_is_told(properties: dict[str, Any]) -> None:
    assert rejected_event(a_delivery(**properties), MALFORMED) is not None


def test_nobody_is_told_where_nothing_says_who_asked() -> None:
    assert rejected_event(a_delivery(), MALFORMED) is None


@pytest.mark.parametrize(
    ("body", "ids"),
    [
        (as_body(a_checkout_by_reference()), (CUSTOMER, CART)),
        (as_body(a_checkout(cartId=OTHER_CART)), (CUSTOMER, OTHER_CART)),
        (as_body({"customer_id": CUSTOMER, "CART_ID": CART}), (CUSTOMER, CART)),
        (as_body({"CUSTOMERID": CUSTOMER.upper(), "Cart": {"ID": CART.upper()}}), (CUSTOMER, CART)),
        (as_body({"customerId": CUSTOMER}), (CUSTOMER, None)),
        (as_body({"customerId": UNSET, "cartId": UNSET, "cart": a_cart()}), (None, CART)),
        (as_body({"customerId": "hunter2", "cartId": CART}), (None, CART)),
        (as_body({"customerId": 5, "cart": []}), (None, None)),
        (as_body([a_checkout()]), (None, None)),
        (b"\xef\xbb\xbf" + as_body(a_checkout()), (CUSTOMER, CART)),
        (b"[" * 100_000, (None, None)),
    ],
    ids=range(11),
)
def test_the_event_names_customer_and_cart_as_far_as_the_body_does(
    body: bytes, ids: tuple[str | None, str | None]
) -> None:
    event = rejected(a_delivery(body, message_id="m"))

    told = json.loads(event.body)
    assert (told.get("customerId"), told.get("cartId")) == ids
    assert event.subject == "/".join(each or "unknown" for each in ids)


@pytest.mark.parametrize("code", [DeadLetterCode.TOO_LARGE, DeadLetterCode.NOT_UTF8, DeadLetterCode.NOT_JSON])
def test_a_body_that_was_never_parsed_names_nobody(code: DeadLetterCode) -> None:
    told: dict[str, Any] = json.loads(rejected(a_delivery(message_id="m"), Malformed(code, "r")).body)

    assert told.keys() & {"customerId", "cartId"} == set()
    assert told["code"] == code.value


@pytest.mark.parametrize("code", [DeadLetterCode.UNEXPECTED_ERROR, DeadLetterCode.PROCESS_KILLER])
@pytest.mark.parametrize("body", [b"\xff", b"{", b""])
def test_a_body_that_cannot_be_parsed_does_not_keep_the_event_back(body: bytes, code: DeadLetterCode) -> None:
    assert rejected(a_delivery(body, message_id="m"), Malformed(code, "r")).subject == "unknown/unknown"


def test_the_event_carries_no_value_of_the_body() -> None:
    delivery = a_delivery(as_body(a_checkout(a_cart(status="hunter2"), customerId="hunter2")), message_id="m")

    assert b"hunter2" not in rejected(delivery).body


def test_the_event_is_dated_by_the_delivery() -> None:
    assert rejected(a_delivery(message_id="m", received=NOW.replace(year=2027))).time[:4] == "2027"
