"""What holds for every body: the reader reads it or says UnreadableError, and reads what it wrote."""

import json
from typing import Any

from hypothesis import example, given
from hypothesis import strategies as st

from contracts.cart import Cart
from contracts.checkout import CheckoutCart
from contracts.codes import DeadLetterCode
from contracts.reader import UnreadableError, read_checkout
from tests.builders import CUSTOMER, as_body
from tests.strategies import any_json, carts, checkouts, respelled
from worker.checkout.content import command_hash

MEMBERS = [
    "id",
    "quantity",
    "lineItems",
    "addonItems",
    "participants",
    "renewsTo",
    "links",
    "error",
    "catalogId",
]


def outcome_of(body: bytes) -> CheckoutCart | UnreadableError:
    try:
        return read_checkout(body)
    except UnreadableError as error:
        return error


def assert_told_properly(outcome: CheckoutCart | UnreadableError) -> None:
    if isinstance(outcome, UnreadableError):
        assert outcome.code in DeadLetterCode
        assert outcome.reason
        assert (outcome.code is DeadLetterCode.CONTRACT_VIOLATION) == bool(outcome.violations)
        assert len(outcome.violations) <= 20


@given(st.binary() | st.text().map(str.encode))
def test_arbitrary_bytes_never_raise_anything_else(body: bytes) -> None:
    assert_told_properly(outcome_of(body))


@given(any_json)
def test_arbitrary_json_never_raises_anything_else(document: Any) -> None:
    assert_told_properly(outcome_of(as_body(document)))


@given(
    st.dictionaries(st.sampled_from(MEMBERS), any_json), st.dictionaries(st.sampled_from(MEMBERS), any_json)
)
def test_arbitrary_members_never_raise_anything_else(cart: dict[str, Any], line: dict[str, Any]) -> None:
    document = {"customerId": CUSTOMER, "cart": {"lineItems": [line], **cart}}

    assert_told_properly(outcome_of(as_body(document)))


@given(checkouts(), st.data())
def test_a_damaged_checkout_never_raises_anything_else(checkout: dict[str, Any], data: st.DataObject) -> None:
    body = bytearray(as_body(checkout))
    position = data.draw(st.integers(0, len(body) - 1))
    body[position] = data.draw(st.integers(0, 255))

    assert_told_properly(outcome_of(bytes(body)))


@given(checkouts())
def test_a_valid_checkout_is_read(checkout: dict[str, Any]) -> None:
    command = read_checkout(as_body(checkout))

    assert command.cart is not None
    assert [line.quantity for line in command.cart.line_items] == [
        line["quantity"] for line in checkout["cart"]["lineItems"]
    ]


@given(checkouts())
def test_what_was_written_is_read_as_the_same_command(checkout: dict[str, Any]) -> None:
    command = read_checkout(as_body(checkout))
    again = read_checkout(command.to_json())

    assert again == command
    assert again.to_json() == command.to_json()
    assert command_hash(again) == command_hash(command)


@example(currency="ßßß", cycle="monthly")
@given(currency=st.text(min_size=3, max_size=3), cycle=st.text(min_size=1, max_size=32))
def test_what_is_read_of_any_currency_and_cycle_can_be_read_again(currency: str, cycle: str) -> None:
    line = {"catalogItemId": "i", "quantity": 1, "currencyCode": currency, "billingCycle": cycle}
    outcome = outcome_of(as_body({"customerId": CUSTOMER, "cart": {"id": CUSTOMER, "lineItems": [line]}}))

    if isinstance(outcome, CheckoutCart):
        assert read_checkout(outcome.to_json()) == outcome


@given(carts())
def test_a_cart_that_was_stored_is_read_as_the_same_cart(cart: dict[str, Any]) -> None:
    read = Cart.model_validate(cart)

    assert Cart.model_validate(json.loads(read.to_json())) == read


@given(st.data())
def test_neither_case_nor_order_of_keys_makes_a_difference(data: st.DataObject) -> None:
    checkout = data.draw(checkouts())
    command = read_checkout(as_body(checkout))
    other = read_checkout(as_body(data.draw(respelled(checkout))))

    assert other == command
    assert command_hash(other) == command_hash(command)
