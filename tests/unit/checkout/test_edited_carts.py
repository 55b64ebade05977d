"""The cart that cart.updated showed, edited and sent again: which numbers its lines keep."""

from typing import Any

import pytest

from tests.builders import (
    ITEM,
    a_cart,
    a_catalog,
    a_catalog_item,
    a_checkout_by_reference,
    a_command,
    a_line,
    a_situation_after,
    an_update,
    an_update_command,
)
from tests.deciding import body_of, decided, members, shown
from worker.checkout.catalog import Catalog
from worker.checkout.decision import Decided
from worker.checkout.situation import Situation

ANNUAL = {"billingCycle": "annual"}


def updated(
    cart: dict[str, Any], before: Situation | None = None, catalog: Catalog | None = None
) -> tuple[Decided, Situation]:
    command = an_update_command(an_update(cart), message_id=f"update of {cart}")
    decision = decided(command, before, catalog)
    return decision, a_situation_after(decision, before)


def edited(decision: Decided, *changes: dict[str, Any]) -> dict[str, Any]:
    """The cart that was shown, each of its lines with a change."""
    cart = shown(decision)
    lines = zip(cart["lineItems"], changes, strict=True)
    return cart | {"lineItems": [line | change for line, change in lines]}


def groups_of(decision: Decided) -> list[Any]:
    return members(shown(decision), "orderGroup")


@pytest.mark.parametrize(
    ("change", "group"),
    [(ANNUAL, "1"), ({"currencyCode": "EUR"}, "1"), ({"quantity": 2}, "0")],
    ids=["cycle", "currency", "neither"],
)
def test_a_line_leaves_its_number_with_the_cycle_or_currency_that_got_it(
    change: dict[str, Any], group: str
) -> None:
    first, situation = updated(a_cart(a_line(), a_line()))

    second, _ = updated(edited(first, change, {}), situation)

    assert groups_of(second) == [group, "0"]


def test_a_line_comes_to_those_of_its_new_cycle() -> None:
    first, situation = updated(a_cart(a_line(), a_line(**ANNUAL)))

    second, _ = updated(edited(first, ANNUAL, {"billingCycle": "monthly"}), situation)

    assert groups_of(second) == ["1", "0"]


@pytest.mark.parametrize("other_id", [7, None])
def test_a_number_on_a_line_that_was_not_shown_with_it_is_a_name(other_id: int | None) -> None:
    first, situation = updated(a_cart(a_line()))

    second, situation = updated(edited(first, {**ANNUAL, "id": other_id}), situation)
    third, _ = updated(edited(second, {}), situation)

    assert (groups_of(second), groups_of(third)) == (["0"], ["0"])


def test_a_name_that_a_producer_chose_stays_whatever_its_lines_become() -> None:
    first, situation = updated(a_cart(a_line(orderGroup="0")))

    second, _ = updated(edited(first, ANNUAL), situation)

    assert groups_of(second) == ["0"]


def test_an_add_on_beside_its_base_leaves_its_number_with_it() -> None:
    catalog = a_catalog(a_catalog_item(), a_catalog_item("add-on", is_addon=True, prerequisites=(ITEM,)))
    lines = [a_line(), a_line(catalogItemId="add-on"), a_line()]
    first, situation = updated(a_cart(*lines), catalog=catalog)

    second, _ = updated(edited(first, ANNUAL, ANNUAL, {}), situation, catalog)

    assert groups_of(second) == ["1", "1", "0"]


def test_a_line_does_not_leave_its_number_for_a_group_that_is_ordered() -> None:
    first, situation = updated(a_cart(a_line(quantity=1001), a_line(**ANNUAL)))
    by_id = a_command(a_checkout_by_reference())
    partial = decided(by_id, situation)
    situation = a_situation_after(partial, situation)

    second, situation = updated(edited(first, {**ANNUAL, "quantity": 1}, {}), situation)
    rest = decided(a_command(a_checkout_by_reference(), message_id="again"), situation)

    assert [[made.group for made in each.orders] for each in (partial, rest)] == [["1"], ["0"]]
    assert groups_of(second) == ["0", "1"]
    assert body_of(rest)["cartStatus"] == "Ordered"
