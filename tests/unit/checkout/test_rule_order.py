"""Among several bad lines the rule that stands first names the group's code; every line keeps its own."""

from dataclasses import replace
from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest

from contracts.cart import Cart
from tests.builders import (
    NOW,
    OTHER_ITEM,
    a_cart,
    a_catalog,
    a_catalog_item,
    a_checkout,
    a_command,
    a_context,
    a_line,
    a_situation_after,
    the_group,
)
from tests.deciding import decided
from tests.unit.checkout.refusals import BASE, REFUSED, Refusal
from worker.checkout.catalog import Catalog
from worker.checkout.rules import Judgement, judge
from worker.documents.codes import BEFORE_THE_RULES

# The first refusal of every rule, in the order of the rules.
IN_ORDER = [*{refusal.what: refusal for refusal in reversed(REFUSED)}.values()][::-1]
NAMES = [refusal.what for refusal in IN_ORDER[1:]]


def judged(*lines: dict[str, Any], catalog: Catalog | None = None, expired: str | None = None) -> Judgement:
    """The judgement on one group of lines as stored, errors and all."""
    cart = Cart.model_validate(a_cart(*(line | {"orderGroup": "g"} for line in lines)))
    found = catalog or a_catalog()
    stored = tuple(
        line.model_copy(update={"error": sent.error})
        for line, sent in zip(the_group(cart, found).lines, cart.line_items, strict=True)
    )
    group = replace(the_group(cart, found), lines=stored, all_lines=stored)
    return judge(group, a_context(cart, found), expired=expired)


def line_of(refusal: Refusal, name: str) -> dict[str, Any]:
    return a_line(id=name, catalogItemId=name) | refusal.case.line


@pytest.mark.parametrize(("first", "second"), list(pairwise(IN_ORDER)), ids=NAMES)
@pytest.mark.parametrize("turned", [False, True], ids=["as-written", "turned"])
def test_the_first_failing_rule_names_the_group_s_code_wherever_its_line_stands(
    first: Refusal, second: Refusal, *, turned: bool
) -> None:
    items = a_catalog_item("first", **first.case.item), a_catalog_item("second", **second.case.item)
    catalog = a_catalog(*items, a_catalog_item(BASE), a_catalog_item(OTHER_ITEM))
    lines = [line_of(first, "first"), line_of(second, "second")]
    beside = [*first.case.beside, *second.case.beside]

    judgement = judged(*(reversed(lines) if turned else lines), *beside, catalog=catalog)

    expected = {"first": first.line_code, "second": second.line_code}
    kept = {"second": 10002} if second.what == "stored line in error" else {}
    assert {key: error.error_code for key, error in judgement.line_errors.items()} == {
        key: code for key, code in (expected | kept).items() if code
    }
    assert judgement.error is not None
    assert judgement.error.code == first.group_code
    if first.line_code:
        why = judgement.line_errors["first"].error_description
        assert judgement.error.description == f"Line first: {why}" + (
            " (and 1 more line)" if second.line_code or kept else ""
        )


def test_expiry_stands_before_every_rule_and_bad_lines_are_still_told() -> None:
    judgement = judged(a_line(id="bad", catalogItemId="unheard-of"), expired="2026-03-01T00:00:00Z")

    assert judgement.error is not None
    assert judgement.error.code == 800008
    assert {key: error.error_code for key, error in judgement.line_errors.items()} == {"bad": 10001}


def test_a_group_s_order_stands_before_expiry_and_the_version_before_both() -> None:
    first = decided(a_command(a_checkout(a_cart(a_line(orderGroup="g"))), message_id="1"))
    late = NOW + timedelta(days=8)
    other = a_checkout(a_cart(a_line(orderGroup="g", quantity=7), a_line(orderGroup="new")))

    def codes_of(**members: Any) -> list[int]:
        command = a_command({**other, **members}, asked=late, received=late, message_id="2")
        return [error.code for error in decided(command, a_situation_after(first)).errors]

    assert codes_of() == [800065, 800008]
    assert codes_of(cartVersion=7) == [800036]
    assert [each.group_code for each in BEFORE_THE_RULES] == [800036, 800008, 800065, 800008]


def test_of_two_lines_that_break_one_rule_the_group_tells_of_the_first() -> None:
    judgement = judged(a_line(id=0, quantity=1002), a_line(id=1, quantity=1001))

    assert judgement.error is not None
    why = judgement.line_errors[0].error_description
    assert judgement.error.description == f"Line 0: {why} (and 1 more line)"


def test_a_stored_line_keeps_its_error_as_it_is_and_fails_its_group() -> None:
    error = {
        "errorCode": 10015,
        "errorDescription": "Too many",
        "additionalInformation": {"availableQuantity": 3},
    }

    judgement = judged(a_line(id="bad", error=error), a_line(id="good"))

    assert {key: kept.model_dump(mode="json") for key, kept in judgement.line_errors.items()} == {
        "bad": error
    }
    assert judgement.error is not None
    assert (judgement.error.code, judgement.error.description) == (
        800009,
        "Line bad: The stored line of DZH318Z0BPS6:0001:DZH318Z0BMTX is in error 10015: update the cart",
    )


def test_a_stored_line_that_breaks_a_rule_now_has_the_error_that_it_has_now() -> None:
    error = {"errorCode": 10015, "errorDescription": "Too many"}

    judgement = judged(a_line(id="bad", error=error, quantity=1001))

    assert judgement.line_errors["bad"].error_code == 10010
    assert judgement.error is not None
    assert judgement.error.code == 800017
