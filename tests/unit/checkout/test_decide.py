"""One checkout, from the command to what is ordered, answered and stored."""

import json
from typing import Any

import pytest

from contracts.cart import Cart
from tests.builders import (
    CART,
    CUSTOMER,
    NOW,
    a_cart,
    a_catalog,
    a_checkout,
    a_checkout_by_reference,
    a_command,
    a_line,
    a_situation_after,
    an_origin,
)
from worker.checkout.command import Command
from worker.checkout.decide import decide
from worker.checkout.decision import CartChange, Decided
from worker.checkout.situation import Situation, StoredCart

GOOD = a_line(id="good", orderGroup="good")
BAD = a_line(id="bad", orderGroup="bad", quantity=1001)


def decided(command: Command, situation: Situation | None = None) -> Decided:
    decision = decide(command, situation or Situation(), a_catalog())
    assert isinstance(decision, Decided)
    return decision


def checked_out(*lines: dict[str, Any], **cart: Any) -> Decided:
    return decided(a_command(a_checkout(a_cart(*lines, **cart))))


def body_of(decision: Decided) -> dict[str, Any]:
    body = json.loads(decision.event.body)
    assert isinstance(body, dict)
    return body


def stored(decision: Decided) -> CartChange:
    assert decision.cart is not None
    return decision.cart


@pytest.mark.parametrize(
    ("lines", "event", "orders", "errors", "status"),
    [
        ([GOOD], "checkout.completed", ["good"], [], "Ordered"),
        ([GOOD, a_line(billingCycle="annual")], "checkout.completed", ["good", "0"], [], "Ordered"),
        ([GOOD, BAD], "checkout.partial", ["good"], [("bad", 800017)], "Active"),
        ([BAD, GOOD], "checkout.partial", ["good"], [("bad", 800017)], "Active"),
        ([BAD], "checkout.failed", [], [("bad", 800017)], "Active"),
        (
            [BAD, a_line(currencyCode="JPY")],
            "checkout.failed",
            [],
            [("bad", 800017), ("0", 900169)],
            "Active",
        ),
    ],
    ids=range(6),
)
def test_the_result_says_which_groups_were_ordered_and_which_were_not(
    lines: list[dict[str, Any]], event: str, orders: list[str], errors: list[tuple[str, int]], status: str
) -> None:
    decision = checked_out(*lines)

    body = body_of(decision)
    assert decision.event.type == event
    assert [each.group for each in decision.orders] == orders
    assert [(each["orderGroupId"], each["code"]) for each in body["orderErrors"]] == errors
    assert [each["id"] for each in body["orders"]] == [each.members["id"] for each in decision.orders]
    assert (body["cartStatus"], stored(decision).content.status) == (status, status)


def test_one_bad_line_fails_its_group_and_no_other() -> None:
    alone = checked_out(GOOD)

    decision = checked_out(GOOD, BAD)

    assert decision.orders == alone.orders
    assert [each.order_group_id for each in decision.errors] == ["bad"]


def test_a_bad_line_carries_its_error_in_the_stored_cart_and_good_lines_carry_none() -> None:
    beside_bad = a_line(id="beside", orderGroup="bad")

    lines = stored(checked_out(GOOD, BAD, beside_bad)).content.line_items

    assert [(line.id, line.error.error_code if line.error else None) for line in lines] == [
        ("good", None),
        ("bad", 10010),
        ("beside", None),
    ]


def test_a_bad_add_on_carries_its_error_inside_its_base() -> None:
    base = a_line(addonItems=[a_line(id="a"), a_line(id="b", quantity=1001)])

    line = stored(checked_out(base)).content.line_items[0]

    assert [each.error.error_code if each.error else None for each in line.with_add_ons()] == [
        None,
        None,
        10010,
    ]


def test_an_empty_list_of_add_ons_is_echoed_beside_a_bad_line() -> None:
    lines = stored(checked_out(a_line(orderGroup="good", addonItems=[]), BAD)).content.line_items

    assert [line.addon_items for line in lines] == [[], None]


def test_the_body_names_customer_cart_and_version() -> None:
    body = body_of(checked_out(GOOD))

    assert (body["customerId"], body["cartId"], body["cartVersion"]) == (CUSTOMER, CART, 1)
    assert body["attributes"] == {"objectType": "CartCheckoutResult"}


def test_the_event_answers_who_asked() -> None:
    origin = an_origin(source="shop", traceparent="00-" + "a" * 32 + "-" + "b" * 16 + "-01", tracestate="k=v")

    event = decided(a_command(origin=origin)).event

    assert event.origin == origin
    assert event.routing_key == "checkout.completed.shop"
    assert event.subject == f"{CUSTOMER}/{CART}"
    assert event.time == "2026-03-14T09:26:53.589793Z"


def test_the_event_id_follows_from_customer_and_message_id() -> None:
    ids = [
        decided(a_command(message_id="m")).event.id,
        decided(a_command(a_checkout(a_cart(BAD)), message_id="m")).event.id,
        decided(a_command(message_id="n")).event.id,
        decided(a_command(a_checkout(customerId=CART), message_id="m")).event.id,
    ]

    assert ids[0] == ids[1]
    assert len({*ids}) == 3


def test_the_stored_cart_is_the_one_that_was_sent_populated() -> None:
    sent = a_cart(a_line(wild=[1]), pricing={"total": 1.5}, partnerOnRecordAttestationAccepted=True)

    change = stored(decided(a_command(a_checkout(sent))))

    assert change.content.model_dump(mode="json", exclude_none=True) == {
        **sent,
        "lineItems": [a_line(wild=[1], id=0, orderGroup="0")],
        "creationTimestamp": "2026-03-14T09:26:53.589793Z",
        "lastModifiedTimestamp": "2026-03-14T09:26:53.589793Z",
        "expirationTimestamp": "2026-03-21T09:26:53.589793Z",
        "lastModifiedUser": "storefront-eu",
        "status": "Ordered",
        "links": {"self": {"uri": f"/customers/{CUSTOMER}/carts/{CART}", "method": "GET", "headers": []}},
        "attributes": {"objectType": "Cart"},
    }
    assert (change.version, dict(change.group_numbers), change.created) == (1, {"monthly/USD": "0"}, NOW)


def test_a_status_that_a_producer_claims_is_not_believed() -> None:
    assert stored(checked_out(BAD, status="Ordered")).content.status == "Active"


def test_a_cart_by_reference_is_the_stored_one() -> None:
    before = a_situation_after(checked_out(GOOD, BAD))

    decision = decided(a_command(a_checkout_by_reference(), message_id="again"), before)

    assert [line.id for line in stored(decision).content.line_items] == ["good", "bad"]
    assert body_of(decision)["orders"][0]["id"] == before.orders["good"].order.id


def test_a_cart_that_comes_along_replaces_the_stored_one() -> None:
    before = a_situation_after(checked_out(BAD))

    decision = decided(a_command(a_checkout(a_cart(GOOD)), message_id="again"), before)

    assert [line.id for line in stored(decision).content.line_items] == ["good"]
    assert decision.event.type == "checkout.completed"


def test_a_reference_to_a_cart_that_is_not_there_changes_nothing() -> None:
    decision = decided(a_command(a_checkout_by_reference()))

    body = body_of(decision)
    assert decision.event.type == "checkout.failed"
    assert [(each["orderGroupId"], each["code"]) for each in body["orderErrors"]] == [("", 800008)]
    assert (body["orders"], body["cartVersion"], body["cartId"]) == ([], 0, CART)
    assert (decision.cart, decision.orders, decision.cart_version) == (None, (), 0)


def test_a_row_that_was_made_to_be_locked_is_no_cart() -> None:
    decision = decided(a_command(a_checkout_by_reference()), Situation(StoredCart(0, None)))

    assert [each.code for each in decision.errors] == [800008]


def test_a_stored_cart_can_be_read_again() -> None:
    content = stored(checked_out(GOOD, BAD)).content

    assert Cart.model_validate(json.loads(content.to_json())) == content
