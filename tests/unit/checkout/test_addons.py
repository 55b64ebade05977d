"""An add-on needs a base with seats enough: in the cart, among what is owned, or named by the line."""

from typing import Any

import pytest

from contracts.cart import Cart
from tests.builders import (
    ITEM,
    a_cart,
    a_catalog,
    a_catalog_item,
    a_checkout,
    a_command,
    a_context,
    a_line,
    the_group,
)
from worker.checkout.decide import decide
from worker.checkout.decision import Decided
from worker.checkout.rules import judge
from worker.checkout.situation import Situation

SUBSCRIPTION = {"parentSubscriptionId": "0a1b2c3d-0000-4000-8000-0123456789ab"}
CATALOG = a_catalog(
    a_catalog_item(),
    a_catalog_item("other base"),
    a_catalog_item("add-on", is_addon=True, prerequisites=(ITEM, "other base", ITEM)),
    a_catalog_item("other add-on", is_addon=True, prerequisites=(ITEM,)),
    a_catalog_item("free add-on", is_addon=True),
)


def base(seats: int, item: str = ITEM, **members: Any) -> dict[str, Any]:
    return a_line(catalogItemId=item, quantity=seats, orderGroup="bases", **members)


def add_on(seats: int, item: str = "add-on", **members: Any) -> dict[str, Any]:
    return a_line(catalogItemId=item, quantity=seats, **members)


def error_of(*lines: dict[str, Any], owned: dict[str, int] | None = None) -> int | None:
    """The code of the first error on a line of the first line's group."""
    cart = Cart.model_validate(a_cart(*lines))
    judgement = judge(the_group(cart, CATALOG), a_context(cart, CATALOG, owned=owned), expired=None)
    return next((error.error_code for error in judgement.line_errors.values()), None)


@pytest.mark.parametrize(
    ("lines", "owned", "code"),
    [
        ([add_on(1)], {}, 400041),
        ([add_on(1)], {"unrelated": 9}, 400041),
        ([add_on(1), base(9, "free add-on")], {}, 400041),
        ([add_on(3), base(3)], {}, None),
        ([add_on(4), base(3)], {}, 10018),
        ([add_on(3)], {ITEM: 3}, None),
        ([add_on(4)], {ITEM: 3}, 10018),
        ([add_on(6), base(3)], {"other base": 3}, None),
        ([add_on(7), base(3)], {"other base": 3}, 10018),
        ([add_on(6), base(3)], {ITEM: 3}, None),
        ([add_on(6), base(3), base(3)], {}, None),
        ([add_on(6), base(3), base(3, "other base")], {}, None),
        ([add_on(2), add_on(2), base(3)], {}, 10018),
        ([add_on(3), add_on(3, "other add-on"), base(3)], {}, None),
        ([add_on(2), base(3, addonItems=[add_on(2)])], {}, 10018),
        ([base(3, addonItems=[add_on(3)])], {}, None),
        ([base(3, addonItems=[add_on(4)])], {}, 10018),
        ([base(3, "free add-on", addonItems=[add_on(3)])], {}, 400041),
        ([add_on(9, provisioningContext=SUBSCRIPTION)], {}, None),
        (
            [add_on(9, provisioningContext={"PARENTSUBSCRIPTIONID": SUBSCRIPTION["parentSubscriptionId"]})],
            {},
            None,
        ),
        ([add_on(9, provisioningContext={"parentSubscriptionId": ""})], {}, 400041),
        ([add_on(3), add_on(9, provisioningContext=SUBSCRIPTION), base(3)], {}, None),
        ([add_on(9, "free add-on")], {}, None),
    ],
)
def test_an_add_on_has_as_many_seats_as_its_bases_at_most(
    lines: list[dict[str, Any]], owned: dict[str, int], code: int | None
) -> None:
    assert error_of(*lines, owned=owned) == code


def test_an_add_on_is_ordered_beside_a_base_of_another_group() -> None:
    command = a_command(a_checkout(a_cart(add_on(2, orderGroup="add-ons"), base(2))))

    decision = decide(command, Situation(), CATALOG)

    assert isinstance(decision, Decided)
    assert ([each.group for each in decision.orders], decision.errors) == (["add-ons", "bases"], ())


def test_seats_of_lines_that_are_not_bought_do_not_count() -> None:
    cart = Cart.model_validate(a_cart(add_on(2, orderGroup="add-ons"), base(1, addonItems=[add_on(1)])))
    without_bases = cart.model_copy(update={"line_items": cart.line_items[:1]})

    judgement = judge(
        the_group(cart, CATALOG), a_context(without_bases, CATALOG, owned={ITEM: 2}), expired=None
    )

    assert judgement.error is None
