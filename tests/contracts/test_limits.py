"""Numbers of a command: quantities, how many lines, how deep."""

import pytest
from pydantic import ValidationError

from contracts.cart import Cart, CartLineItem
from contracts.codes import DeadLetterCode
from contracts.reader import UnreadableError, read_checkout
from contracts.rejected import Violation
from tests.builders import a_cart, a_checkout, a_line, as_body

QUANTITY = "cart.lineItems[0].quantity"
NO_INTEGER = "Input should be a valid integer"
TOO_DEEP = "Objects are nested too deeply"


def refused(body: bytes, **limits: int) -> list[Violation]:
    with pytest.raises(UnreadableError) as caught:
        read_checkout(body, **limits)
    assert caught.value.code is DeadLetterCode.CONTRACT_VIOLATION
    return caught.value.violations


def with_literal(json_text: str, member: str = "quantity") -> bytes:
    """A checkout whose line has this member, written as given."""
    return as_body(a_checkout(a_cart(a_line(**{member: "@"})))).replace(b'"@"', json_text.encode())


@pytest.mark.parametrize("quantity", [1, 2_147_483_647])
def test_quantities_are_positive_32_bit_integers(quantity: int) -> None:
    cart = read_checkout(with_literal(str(quantity))).cart

    assert cart is not None
    assert cart.line_items[0].quantity == quantity


@pytest.mark.parametrize(
    ("json_text", "rule"),
    [
        ("0", "Input should be greater than or equal to 1"),
        ("-1", "Input should be greater than or equal to 1"),
        ("2147483648", "Input should be less than or equal to 2147483647"),
        ("1" + "0" * 400, "Input should be less than or equal to 2147483647"),
        ("1.5", NO_INTEGER),
        ("1.0", NO_INTEGER),
        ("1e3", NO_INTEGER),
        ("1e999", NO_INTEGER),
        ('"3"', NO_INTEGER),
        ("true", NO_INTEGER),
        ("[3]", NO_INTEGER),
    ],
    ids=lambda text: text[:12],
)
def test_other_quantities_are_violations(json_text: str, rule: str) -> None:
    assert refused(with_literal(json_text)) == [Violation(path=QUANTITY, rule=rule)]


@pytest.mark.parametrize("json_text", ["NaN", "Infinity", "-Infinity"])
def test_what_is_no_number_is_a_violation_where_it_stands(json_text: str) -> None:
    assert refused(with_literal(json_text)) == [Violation(path=QUANTITY, rule=NO_INTEGER)]
    assert refused(with_literal(json_text, "pricing")) == [
        Violation(path="cart.lineItems[0]", rule="A number is not finite")
    ]


@pytest.mark.parametrize("json_text", ["1e999", "-1e999", "[[1e999]]", '{"amount": 1e400}'])
def test_an_unknown_member_whose_number_is_infinite_is_a_violation(json_text: str) -> None:
    assert refused(with_literal(json_text, "pricing")) == [
        Violation(path="cart.lineItems[0]", rule="A number is not finite")
    ]


@pytest.mark.parametrize("member", ["links", "attributes"])
def test_an_infinite_number_in_links_and_attributes_is_a_violation(member: str) -> None:
    body = as_body(a_checkout(a_cart(**{member: {"n": "@"}}))).replace(b'"@"', b"1e999")

    assert [each.path[:4] for each in refused(body)] == ["cart"]


def test_a_long_integer_of_an_unknown_member_is_echoed_digit_by_digit() -> None:
    assert b"9" * 1000 in read_checkout(with_literal("9" * 1000, "pricing")).to_json()


@pytest.mark.parametrize("number", ["1" + "0" * 1000, "-1" + "0" * 1000, "9" * 4300])
def test_a_longer_one_is_a_violation(number: str) -> None:
    assert refused(with_literal(number, "pricing")) == [
        Violation(path="cart.lineItems[0]", rule="A number has more than 1,000 digits")
    ]


def test_200_lines_are_read_and_201_are_a_violation() -> None:
    cart = read_checkout(as_body(a_checkout(a_cart(*[a_line()] * 200)))).cart

    assert cart is not None
    assert len(cart.line_items) == 200
    assert refused(as_body(a_checkout(a_cart(*[a_line()] * 201)))) == [
        Violation(path="cart.lineItems", rule="Input should have at most 200 line items, add-ons included")
    ]


@pytest.mark.parametrize("name", ["addonItems", "addOnItems", "AddonItems", "addon_items", "add_on_items"])
def test_add_ons_count_as_lines(name: str) -> None:
    fits = a_checkout(a_cart(a_line(**{name: [a_line()] * 3}), a_line()))
    one_too_many = a_checkout(a_cart(a_line(**{name: [a_line()] * 3}), a_line(), a_line()))

    assert read_checkout(as_body(fits), max_line_items=5).cart is not None
    assert [each.path for each in refused(as_body(one_too_many), max_line_items=5)] == ["cart.lineItems"]


def test_the_limit_of_lines_is_a_setting() -> None:
    body = as_body(a_checkout(a_cart(*[a_line()] * 201)))

    cart = read_checkout(body, max_line_items=201).cart

    assert cart is not None
    assert len(cart.line_items) == 201
    assert (
        refused(body, max_line_items=7)[0].rule == "Input should have at most 7 line items, add-ons included"
    )


def test_an_add_on_has_no_add_ons() -> None:
    line = a_line(addonItems=[a_line(), a_line(addOnItems=[a_line()])])

    assert refused(as_body(a_checkout(a_cart(a_line(), line)))) == [
        Violation(path="cart.lineItems[1]", rule="An add-on has no add-ons of its own")
    ]


def test_an_add_on_with_an_empty_list_of_add_ons_is_read() -> None:
    line = a_line(addonItems=[a_line(addonItems=[])])

    assert read_checkout(as_body(a_checkout(a_cart(line)))).cart is not None


@pytest.mark.parametrize("levels", [100, 150])
@pytest.mark.parametrize(("opening", "closing"), [("[", "]"), ('{"a":', "}")], ids=["lists", "objects"])
def test_an_unknown_member_may_be_deep(levels: int, opening: str, closing: str) -> None:
    nested = opening * levels + "1" + closing * levels

    assert nested.encode() in read_checkout(with_literal(nested, "pricing")).to_json()


@pytest.mark.parametrize("levels", [300, 30_000])
@pytest.mark.parametrize(("opening", "closing"), [("[", "]"), ('{"a":', "}")], ids=["lists", "objects"])
def test_what_is_too_deep_is_a_violation(levels: int, opening: str, closing: str) -> None:
    nested = opening * levels + "1" + closing * levels

    assert refused(with_literal(nested, "pricing")) == [Violation(path="", rule=TOO_DEEP)]
    assert refused(nested.encode()) == [Violation(path="", rule=TOO_DEEP)]


def test_lines_that_a_producer_made_of_our_models_are_counted_with_their_add_ons() -> None:
    line = CartLineItem.model_validate(a_line(addonItems=[a_line()]))

    assert len(Cart(line_items=[line] * 100).line_items) == 100
    with pytest.raises(ValidationError, match="at most 200 line items, add-ons included"):
        Cart(line_items=[line] * 101)


def test_add_ons_nested_without_end_are_a_violation() -> None:
    line = a_line()
    for _ in range(90):
        line = a_line(addonItems=[line])

    assert refused(as_body(a_checkout(a_cart(line))))
