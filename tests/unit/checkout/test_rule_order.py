"""Among several bad lines the rule that stands first names the group's code; every line keeps its own."""

from itertools import pairwise
from typing import Any

import pytest

from contracts.cart import Cart
from tests.builders import a_cart, a_catalog, a_catalog_item, a_line, the_group
from worker.checkout.rules import judge

NOT_ON_SALE = "not-on-sale"
CATALOG = a_catalog(a_catalog_item(), a_catalog_item(NOT_ON_SALE, on_sale=False))

# In the order of the rules: what is wrong with a line, its code, the group's code.
IN_ORDER: list[tuple[dict[str, Any], int, int]] = [
    ({"catalogItemId": "unheard-of"}, 10001, 400019),
    ({"catalogItemId": NOT_ON_SALE}, 10001, 800020),
    ({"quantity": 1001}, 10010, 800017),
    ({"billingCycle": "none"}, 10013, 900269),
    ({"billingCycle": "annual", "termDuration": "P1M"}, 10010, 900270),
    ({"termDuration": "P3Y"}, 10010, 800121),
    ({"renewsTo": {"termDuration": "soon"}}, 10010, 800121),
    ({"currencyCode": "JPY"}, 10000, 900169),
]


@pytest.mark.parametrize(("first", "second"), list(pairwise(IN_ORDER)), ids=range(len(IN_ORDER) - 1))
@pytest.mark.parametrize("turned", [False, True], ids=["as-written", "turned"])
def test_the_first_failing_rule_names_the_group_s_code_wherever_its_line_stands(
    first: tuple[dict[str, Any], int, int], second: tuple[dict[str, Any], int, int], *, turned: bool
) -> None:
    lines = [a_line(id="first", orderGroup="g") | first[0], a_line(id="second", orderGroup="g") | second[0]]
    cart = Cart.model_validate(a_cart(*(reversed(lines) if turned else lines), a_line(orderGroup="g")))

    judgement = judge(the_group(cart, CATALOG), CATALOG, expired=None)

    assert {key: error.error_code for key, error in judgement.line_errors.items()} == {
        "first": first[1],
        "second": second[1],
    }
    assert judgement.error is not None
    assert judgement.error.code == first[2]


def test_expiry_stands_before_every_rule_and_bad_lines_are_still_told() -> None:
    cart = Cart.model_validate(a_cart(a_line(id="bad", catalogItemId="unheard-of")))

    judgement = judge(
        the_group(cart, CATALOG),
        CATALOG,
        expired="2026-03-01T00:00:00Z",
    )

    assert judgement.error is not None
    assert judgement.error.code == 800008
    assert {key: error.error_code for key, error in judgement.line_errors.items()} == {"bad": 10001}


def test_a_bad_line_stands_before_a_mixed_group() -> None:
    cart = Cart.model_validate(a_cart(a_line(orderGroup="g", currencyCode="JPY"), a_line(orderGroup="g")))

    judgement = judge(the_group(cart, CATALOG), CATALOG, expired=None)

    assert judgement.error is not None
    assert judgement.error.code == 900169


def test_of_two_lines_that_break_one_rule_the_group_tells_one_of_them() -> None:
    cart = Cart.model_validate(a_cart(a_line(quantity=1001), a_line(quantity=1002)))

    judgement = judge(the_group(cart, CATALOG), CATALOG, expired=None)

    assert judgement.error is not None
    assert judgement.error.description in {each.error_description for each in judgement.line_errors.values()}
