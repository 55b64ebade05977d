"""Every way in which a command breaks the contract, with the path and the rule that the producer is told."""

from typing import Any
from uuid import UUID

import pytest

from contracts.codes import DeadLetterCode
from contracts.reader import UnreadableError, read_checkout
from tests.builders import (
    CUSTOMER,
    OTHER_CART,
    a_cart,
    a_checkout,
    a_checkout_by_reference,
    a_line,
    as_body,
    without,
)

LINE = "cart.lineItems[0]"
NO_GUID = "Input should be a GUID like 0a1b2c3d-0000-4000-8000-0123456789ab"
NO_DATE = "Input should be a date and time like 2026-01-31T12:00:00.1234567Z"
NO_LINE_ID = "Input should be a 32-bit number from 0 or a short text"
NO_TEXT = "Input should be a valid string"
NO_INTEGER = "Input should be a valid integer"
NO_LIST = "Input should be a list"
MISSING = "Field required"


def with_line(**members: Any) -> dict[str, Any]:
    return a_checkout(a_cart(a_line(**members)))


def with_cart(**members: Any) -> dict[str, Any]:
    return a_checkout(a_cart(**members))


def at_most(length: int) -> str:
    return f"String should have at most {length} characters"


def violations_of(body: bytes) -> list[tuple[str, str]]:
    with pytest.raises(UnreadableError) as caught:
        read_checkout(body)
    assert caught.value.code is DeadLetterCode.CONTRACT_VIOLATION
    return [(violation.path, violation.rule) for violation in caught.value.violations]


MISSING_OR_EMPTY = [
    (without(a_checkout(), "customerId"), "customerId", MISSING),
    (a_checkout(customerId=None), "customerId", MISSING),
    (a_checkout(customerId=""), "customerId", MISSING),
    (a_checkout(customerId=str(UUID(int=0))), "customerId", "Should be the id of somebody, and is all zeros"),
    ({"customerId": CUSTOMER}, "", "Give cart with an id, or cartId"),
    (a_checkout(without(a_cart(), "id")), "", "Give cart with an id, or cartId"),
    (a_checkout(a_cart(id=None)), "", "Give cart with an id, or cartId"),
    (a_checkout(without(a_cart(), "lineItems")), "cart.lineItems", MISSING),
    (with_cart(lineItems=None), "cart.lineItems", MISSING),
    (with_cart(lineItems=""), "cart.lineItems", MISSING),
    (with_cart(lineItems=[]), "cart.lineItems", "List should have at least 1 item after validation, not 0"),
    (a_checkout(a_cart(without(a_line(), "catalogItemId"))), f"{LINE}.catalogItemId", MISSING),
    (with_line(catalogItemId=None), f"{LINE}.catalogItemId", MISSING),
    (with_line(catalogItemId=""), f"{LINE}.catalogItemId", MISSING),
    (a_checkout(a_cart(without(a_line(), "quantity"))), f"{LINE}.quantity", MISSING),
    (with_line(quantity=None), f"{LINE}.quantity", MISSING),
    (with_line(quantity=""), f"{LINE}.quantity", MISSING),
    (a_checkout(a_cart(without(a_line(), "billingCycle"))), f"{LINE}.billingCycle", MISSING),
    (with_line(billingCycle=None), f"{LINE}.billingCycle", MISSING),
    (with_line(participants=[{"value": "1"}]), f"{LINE}.participants[0].key", MISSING),
    (with_line(participants=[{"key": "k", "value": None}]), f"{LINE}.participants[0].value", MISSING),
]


@pytest.mark.parametrize(("checkout", "path", "rule"), MISSING_OR_EMPTY)
def test_a_missing_or_empty_required_member_is_a_violation(
    checkout: dict[str, Any], path: str, rule: str
) -> None:
    assert violations_of(as_body(checkout)) == [(path, rule)]


def test_an_empty_billing_cycle_is_a_violation() -> None:
    assert [path for path, _ in violations_of(as_body(with_line(billingCycle="")))] == [
        f"{LINE}.billingCycle"
    ]


WRONG_TYPES = [
    (with_line(id=True), f"{LINE}.id", NO_LINE_ID),
    (with_line(id=1.0), f"{LINE}.id", NO_LINE_ID),
    (with_line(id=-1), f"{LINE}.id", NO_LINE_ID),
    (with_line(id=2**31), f"{LINE}.id", NO_LINE_ID),
    (with_line(id=[]), f"{LINE}.id", NO_LINE_ID),
    (with_line(friendlyName=5), f"{LINE}.friendlyName", NO_TEXT),
    (with_line(catalogItemId=5), f"{LINE}.catalogItemId", NO_TEXT),
    (with_line(billingCycle=1), f"{LINE}.billingCycle", NO_TEXT),
    (with_line(billingCycle={}), f"{LINE}.billingCycle", NO_TEXT),
    (with_line(orderGroup=0), f"{LINE}.orderGroup", NO_TEXT),
    (with_line(attestationAccepted="true"), f"{LINE}.attestationAccepted", "Input should be a valid boolean"),
    (with_line(attestationAccepted=1), f"{LINE}.attestationAccepted", "Input should be a valid boolean"),
    (with_line(participants={"k": "v"}), f"{LINE}.participants", NO_LIST),
    (with_line(provisioningContext=[]), f"{LINE}.provisioningContext", "Input should be an object"),
    (with_line(provisioningContext={"scope": 1}), f"{LINE}.provisioningContext.scope", NO_TEXT),
    (with_line(addonItems={}), f"{LINE}.addonItems", NO_LIST),
    (with_line(additionalPartnerIdsOnRecord=[1]), f"{LINE}.additionalPartnerIdsOnRecord[0]", NO_TEXT),
    (with_line(customTermEndDate=20260101), f"{LINE}.customTermEndDate", NO_TEXT),
    (
        with_line(renewsTo=[{"termDuration": "P1Y"}, {"termDuration": "P3Y"}]),
        f"{LINE}.renewsTo",
        "Input should name one renewal term at most",
    ),
    (with_cart(lineItems={}), "cart.lineItems", NO_LIST),
    (with_cart(links=[]), "cart.links", "Input should be an object"),
    (a_checkout(cartVersion="3"), "cartVersion", NO_INTEGER),
    (a_checkout(cartVersion=-1), "cartVersion", "Input should be greater than or equal to 0"),
    (a_checkout(cartVersion=2**31), "cartVersion", "Input should be less than or equal to 2147483647"),
    (a_checkout(customerId=5), "customerId", NO_TEXT),
    (a_checkout(customerId="5"), "customerId", NO_GUID),
    (a_checkout(customerId=CUSTOMER.replace("-", "")), "customerId", NO_GUID),
    (a_checkout(customerId=CUSTOMER + "\n"), "customerId", NO_GUID),
    (a_checkout_by_reference(cartId="mine"), "cartId", NO_GUID),
    (with_cart(id="mine"), "cart.id", NO_GUID),
    (a_checkout(cartId=OTHER_CART), "", "cartId and cart.id should be the same"),
]


@pytest.mark.parametrize(("checkout", "path", "rule"), WRONG_TYPES)
def test_a_wrong_type_or_value_is_a_violation(checkout: dict[str, Any], path: str, rule: str) -> None:
    assert violations_of(as_body(checkout)) == [(path, rule)]


@pytest.mark.parametrize("document", [[], [a_checkout()], "text", 5, None, True])
def test_a_body_that_is_no_object_is_a_violation(document: Any) -> None:
    assert [path for path, _ in violations_of(as_body(document))] == [""]


@pytest.mark.parametrize("line", [None, "text", 5, []])
def test_a_line_that_is_no_object_is_a_violation(line: Any) -> None:
    assert [path for path, _ in violations_of(as_body(with_cart(lineItems=[a_line(), line])))] == [
        "cart.lineItems[1]"
    ]


@pytest.mark.parametrize(
    "sent",
    [
        "2026-03-14",
        "2026-03-14 09:26:53Z",
        "2026-02-30T00:00:00Z",
        "2026-03-14T24:00:01Z",
        "2026-03-14T09:26:60Z",
        "2026-03-14T09:26:53.1234567890Z",
        "2026-03-14T09:26:53+25:00",
        "2026-03-14T09:26:53Z\n",
        "٢٠٢٦-03-14T09:26:53Z",
        "9999-12-31T23:59:59-14:00",
        "0000-12-31T23:59:59Z",
        "soon",
    ],
)
def test_a_timestamp_that_names_no_moment_is_a_violation(sent: str) -> None:
    assert violations_of(as_body(with_cart(expirationTimestamp=sent))) == [
        ("cart.expirationTimestamp", NO_DATE)
    ]


LONG = [
    (with_line(catalogItemId="x" * 257), f"{LINE}.catalogItemId", at_most(256)),
    (with_line(friendlyName="x" * 257), f"{LINE}.friendlyName", at_most(256)),
    (with_line(termDuration="x" * 65), f"{LINE}.termDuration", at_most(64)),
    (with_line(orderGroup="x" * 65), f"{LINE}.orderGroup", at_most(64)),
    (with_line(promotionId="x" * 65), f"{LINE}.promotionId", at_most(64)),
    (with_line(renewsTo={"termDuration": "x" * 65}), f"{LINE}.renewsTo.termDuration", at_most(64)),
    (with_line(provisioningContext={"k": "x" * 1025}), f"{LINE}.provisioningContext.k", at_most(1024)),
    (with_line(participants=[{"key": "k", "value": "x" * 65}]), f"{LINE}.participants[0].value", at_most(64)),
    (with_line(currencyCode="USDX"), f"{LINE}.currencyCode", at_most(3)),
    (with_line(currencyCode="US"), f"{LINE}.currencyCode", "String should have at least 3 characters"),
    (with_line(id="x" * 65), f"{LINE}.id", NO_LINE_ID),
    (with_cart(status="x" * 65), "cart.status", at_most(64)),
    (with_cart(lastModifiedUser="x" * 1025), "cart.lastModifiedUser", at_most(1024)),
]


@pytest.mark.parametrize(("checkout", "path", "rule"), LONG)
def test_a_text_over_its_stated_length_is_a_violation(checkout: dict[str, Any], path: str, rule: str) -> None:
    assert violations_of(as_body(checkout)) == [(path, rule)]


def test_a_billing_cycle_over_its_stated_length_is_a_violation() -> None:
    assert [path for path, _ in violations_of(as_body(with_line(billingCycle="x" * 33)))] == [
        f"{LINE}.billingCycle"
    ]


@pytest.mark.parametrize("currency", ["ßßß", "ŉab", "US1", "U S", "US$"])
def test_a_currency_that_is_not_three_letters_from_a_to_z_is_a_violation(currency: str) -> None:
    assert [path for path, _ in violations_of(as_body(with_line(currencyCode=currency)))] == [
        f"{LINE}.currencyCode"
    ]


def test_texts_of_exactly_their_stated_length_are_read() -> None:
    line = a_line(catalogItemId="i" * 256, friendlyName="f" * 256, termDuration="t" * 64, orderGroup="g" * 64)
    line |= {"billingCycle": "c" * 32, "provisioningContext": {"k": "v" * 1024}, "id": "i" * 64}

    cart = read_checkout(as_body(a_checkout(a_cart(line)))).cart

    assert cart is not None
    assert cart.line_items[0].model_dump(exclude_none=True) == line


def test_every_violation_is_told_up_to_twenty() -> None:
    lines = [a_line(quantity=0) for _ in range(21)]

    with pytest.raises(UnreadableError) as caught:
        read_checkout(as_body(a_checkout(a_cart(*lines))))

    assert [each.path for each in caught.value.violations] == [
        f"cart.lineItems[{n}].quantity" for n in range(20)
    ]
    assert caught.value.reason == (
        "The command breaks the contract at cart.lineItems[0].quantity: "
        "Input should be greater than or equal to 1 (and at least 20 more)."
    )


@pytest.mark.parametrize(
    ("wrong", "told"),
    [(1, "equal to 1."), (2, "equal to 1 (and 1 more)."), (20, "equal to 1 (and 19 more).")],
)
def test_how_many_violations_there_are_is_told(wrong: int, told: str) -> None:
    with pytest.raises(UnreadableError) as caught:
        read_checkout(as_body(a_checkout(a_cart(*[a_line(quantity=0)] * wrong))))

    assert caught.value.reason.endswith(told)
