"""More than anybody means: refused early, with one sentence, whatever it is and wherever it stands."""

from typing import Any

import pytest

from contracts.codes import DeadLetterCode
from contracts.document import MAX_VALUES, TooManyValuesError, parsed
from contracts.model import MAX_MEMBERS
from contracts.reader import UnreadableError, read_checkout
from contracts.rejected import Violation
from tests.builders import a_cart, a_checkout, a_line, as_body

LINE = "cart.lineItems[0]"
TOO_MANY = "The document should hold at most 40000 values"
TOO_MANY_UNKNOWN = "Unknown members should hold at most 20000 values"


def refused(document: Any) -> UnreadableError:
    with pytest.raises(UnreadableError) as caught:
        read_checkout(as_body(document))
    assert caught.value.code is DeadLetterCode.CONTRACT_VIOLATION
    return caught.value


def test_as_many_values_as_may_be_are_parsed_and_one_more_is_not() -> None:
    most = b"[" + b"0," * (MAX_VALUES - 1) + b"0]"
    assert parsed(most) == [0] * MAX_VALUES

    with pytest.raises(TooManyValuesError):
        parsed(most.replace(b"[", b"[0,"))


def test_marks_inside_of_texts_are_no_values() -> None:
    texts = {"notes": ",[{" * MAX_VALUES, "more": '\\"' * MAX_VALUES + ","}

    assert read_checkout(as_body(a_checkout(a_cart(**texts)))).cart


@pytest.mark.parametrize("body", [b'"\\' * 500_000, b'["' + b"," * 500_000, b'"' * 999_999])
def test_texts_that_do_not_end_are_looked_at_once(body: bytes) -> None:
    """Looked for anew at each mark, their end would take minutes."""
    with pytest.raises(ValueError):  # noqa: PT011 - as pydantic's reader says it
        parsed(body)


def test_too_many_values_are_one_violation() -> None:
    error = refused([0] * (MAX_VALUES + 1))

    assert error.violations == [Violation(path="", rule=TOO_MANY)]
    assert error.reason == f"The command breaks the contract: {TOO_MANY}."


def test_the_unknown_members_of_all_lines_together_hold_a_bounded_number_of_values() -> None:
    """An object of them, its list, and what is in that: 200 lines of 100."""
    fits = [a_line(extra=[0] * 98)] * 200
    assert read_checkout(as_body(a_checkout(a_cart(*fits)))).cart

    assert refused(a_checkout(a_cart(*fits[1:], a_line(extra=[0] * 99)))).violations == [
        Violation(path="cart.lineItems[199]", rule=TOO_MANY_UNKNOWN)
    ]


@pytest.mark.parametrize("member", ["links", "attributes"])
def test_so_do_objects_that_are_kept_as_they_came(member: str) -> None:
    error = refused(a_checkout(a_cart(**{member: {"all": [0] * 20_000}})))

    assert error.violations == [Violation(path=f"cart.{member}", rule=TOO_MANY_UNKNOWN)]


@pytest.mark.parametrize(
    "member",
    [
        {"extra": [[]] * 100_000},
        {"participants": [1] * 100_000},
        {"provisioningContext": {str(number): "" for number in range(70_000)}},
    ],
    ids=["unknown", "list", "object"],
)
def test_it_makes_no_difference_where_they_stand(member: dict[str, Any]) -> None:
    error = refused(a_checkout(a_cart(a_line(**member))))

    assert error.violations == [Violation(path="", rule=TOO_MANY)]


def test_a_cart_of_200_lines_with_60_partners_each_is_read() -> None:
    people = [{"key": "TRANSACTION_RESELLER", "value": str(number)} for number in range(60)]

    cart = read_checkout(as_body(a_checkout(a_cart(*[a_line(participants=people)] * 200)))).cart

    assert cart
    assert sum(len(line.participants or ()) for line in cart.line_items) == 12_000


def test_an_object_of_very_many_members_is_a_violation() -> None:
    unknown = {f"extra{number}": 1 for number in range(MAX_MEMBERS)}

    assert refused(a_checkout(a_cart(a_line(**unknown)))).violations == [
        Violation(path=LINE, rule="Input should have at most 400 members")
    ]
    assert read_checkout(as_body(a_checkout(a_cart(a_line(extra=unknown | {"more": 1}))))).cart


def test_of_many_wrong_partners_and_variables_the_first_of_each_is_named() -> None:
    wrong = {
        "participants": [{"key": 1, "value": "v"}] * 100,
        "provisioningContext": {"right": "r"} | {f"wrong{number}": number for number in range(99)},
        "additionalPartnerIdsOnRecord": ["right"] + [1] * 99,
    }

    paths = [each.path for each in refused(a_checkout(a_cart(a_line(**wrong)))).violations]

    assert paths == [
        f"{LINE}.participants[0].key",
        f"{LINE}.provisioningContext.wrong0",
        f"{LINE}.additionalPartnerIdsOnRecord[1]",
    ]


@pytest.mark.parametrize("member", ["participants", "additionalPartnerIdsOnRecord"])
def test_more_than_100_of_a_list_are_a_violation(member: str) -> None:
    entry = {"key": "k", "value": "v"} if member == "participants" else "v"

    (violation,) = refused(a_checkout(a_cart(a_line(**{member: [entry] * 101})))).violations

    assert violation.path == f"{LINE}.{member}"


def test_more_than_100_variables_are_a_violation() -> None:
    variables = {f"v{number}": "v" for number in range(101)}

    assert refused(a_checkout(a_cart(a_line(provisioningContext=variables)))).violations == [
        Violation(path=f"{LINE}.provisioningContext", rule="Input should have at most 100 members")
    ]


def test_add_ons_of_add_ons_count_as_lines() -> None:
    line = a_line(addonItems=[a_line(addonItems=[a_line()] * 300)])

    assert refused(a_checkout(a_cart(line))).violations == [
        Violation(path="cart.lineItems", rule="Input should have at most 200 line items, add-ons included")
    ]


def test_of_a_thousand_nul_characters_the_first_20_are_named_in_order() -> None:
    error = refused(a_checkout(a_cart(a_line(extra=["\0"] * 1_000))))

    assert [each.path for each in error.violations] == [f"{LINE}.extra[{number}]" for number in range(20)]
    assert error.reason.endswith("Text should hold no NUL character (and at least 20 more).")
