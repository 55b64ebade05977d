"""Add-ons of a cart that is checked out again: ordered once, and never without a base."""

from typing import Any

import pytest

from tests.builders import (
    ITEM,
    OTHER_ITEM,
    a_cart,
    a_catalog,
    a_catalog_item,
    a_checkout,
    a_command,
    a_line,
    a_situation_after,
    an_update,
    an_update_command,
    the_order,
)
from tests.deciding import decided, members, shown
from worker.checkout.catalog import Catalog
from worker.checkout.decision import Decided
from worker.checkout.situation import Situation

ADD_ON = "add-on"
CATALOG = a_catalog(
    a_catalog_item(),
    a_catalog_item(OTHER_ITEM),
    a_catalog_item(ADD_ON, is_addon=True, prerequisites=(ITEM,)),
)
NO_LONGER_AN_ADD_ON = a_catalog(a_catalog_item(), a_catalog_item(ADD_ON))
BASE = a_line(quantity=5)


def add_on(quantity: int = 5, **more: Any) -> dict[str, Any]:
    return a_line(catalogItemId=ADD_ON, quantity=quantity, **more)


def named(line: dict[str, Any], group: str) -> dict[str, Any]:
    return line | {"orderGroup": group}


def checked_out(
    *lines: dict[str, Any], before: Situation | None = None, catalog: Catalog = CATALOG, message: str = "m"
) -> Decided:
    command = a_command(a_checkout(a_cart(*lines)), message_id=message)
    return decided(command, before or Situation(), catalog)


def outcome(decision: Decided) -> tuple[dict[str, list[str]], dict[str, int]]:
    """The items of each new order, and the code of each group that failed."""
    orders = {each.group: [line.offer_id for line in the_order(each).line_items] for each in decision.orders}
    return orders, {each.order_group_id: each.code for each in decision.errors}


def test_an_add_on_that_is_ordered_stays_where_it_is_when_the_cart_gets_another_base() -> None:
    before = a_situation_after(checked_out(BASE, add_on()))

    again = checked_out(named(BASE, "more"), BASE, add_on(), before=before)

    assert outcome(again) == ({"more": [ITEM]}, {})


def test_an_add_on_that_is_ordered_stays_where_it_is_when_the_catalog_no_longer_calls_it_one() -> None:
    lines = [named(BASE, "x"), add_on()]
    before = a_situation_after(checked_out(*lines))

    again = checked_out(*lines, before=before, catalog=NO_LONGER_AN_ADD_ON)

    assert outcome(again) == ({}, {})
    assert again.event.type == "checkout.completed"


def test_an_add_on_that_comes_alone_is_not_ordered_once_more() -> None:
    before = a_situation_after(checked_out(named(BASE, "x"), add_on()))

    assert outcome(checked_out(add_on(), before=before)) == ({}, {"x": 800065})


def test_an_add_on_that_is_not_ordered_follows_its_base_into_another_group() -> None:
    before = a_situation_after(checked_out(named(a_line(quantity=9_999), "x"), add_on()))

    again = checked_out(named(BASE, "y"), add_on(), before=before)

    assert outcome(again) == ({"y": [ITEM, ADD_ON]}, {})


@pytest.mark.parametrize("other", [{"billingCycle": "annual"}, {"currencyCode": "EUR"}], ids=str)
def test_an_add_on_with_another_cycle_or_currency_than_an_ordered_one_joins_a_base_of_its_own(
    other: dict[str, str],
) -> None:
    ordered = [named(BASE, "x"), add_on()]
    before = a_situation_after(checked_out(*ordered))

    again = checked_out(*ordered, named(BASE, "y") | other, add_on() | other, before=before)

    assert outcome(again) == ({"y": [ITEM, ADD_ON]}, {})


def test_seats_that_were_not_ordered_in_an_ordered_group_carry_no_add_on() -> None:
    before = a_situation_after(checked_out(named(a_line(quantity=1), "x")))

    more_seats = checked_out(named(a_line(quantity=9), "x"), named(add_on(9), "y"), before=before)
    as_ordered = checked_out(named(a_line(quantity=9), "x"), named(add_on(1), "y"), before=before)

    assert outcome(more_seats) == ({}, {"x": 800065, "y": 800009})
    assert outcome(as_ordered) == ({"y": [ADD_ON]}, {"x": 800065})


def test_seats_that_ordered_add_ons_of_the_cart_take_are_taken() -> None:
    before = a_situation_after(checked_out(named(BASE, "a"), named(add_on(3), "a")))

    for seats, expected in ((2, ({"b": [ADD_ON]}, {})), (3, ({}, {"b": 800009}))):
        alone = checked_out(named(add_on(seats), "b"), before=before)
        together = checked_out(
            named(BASE, "a"), named(add_on(3), "a"), named(add_on(seats), "b"), before=before
        )
        assert outcome(alone) == outcome(together) == expected


def test_ordered_add_ons_that_name_their_subscription_take_no_seats_of_the_cart() -> None:
    elsewhere = {"parentSubscriptionId": "0a1b2c3d-0000-4000-8000-0123456789ab"}
    lines = [named(BASE, "a"), named(add_on(5, provisioningContext=elsewhere), "a")]
    before = a_situation_after(checked_out(*lines))

    assert outcome(checked_out(named(add_on(5), "b"), before=before)) == ({"b": [ADD_ON]}, {})


def test_a_base_that_is_ordered_is_one_although_it_is_sold_no_longer() -> None:
    before = a_situation_after(checked_out(named(BASE, "x")))
    sold_no_longer = a_catalog(a_catalog_item(on_sale=False), *list(CATALOG.items.values())[1:])

    again = checked_out(named(BASE, "x"), named(add_on(), "y"), before=before, catalog=sold_no_longer)

    assert outcome(again) == ({"y": [ADD_ON]}, {})


def test_a_base_that_was_not_ordered_in_an_ordered_group_is_none() -> None:
    before = a_situation_after(checked_out(named(a_line(catalogItemId=OTHER_ITEM), "x")))

    again = checked_out(named(BASE, "x"), named(add_on(), "y"), before=before)

    assert outcome(again) == ({}, {"x": 800065, "y": 800009})


def test_lines_of_ordered_groups_use_no_number_up() -> None:
    lines = [named(BASE, "a"), named(a_line(quantity=9_999), "b")]
    partial = checked_out(*lines)
    command = an_update_command(an_update(a_cart(named(BASE, "a"), named(BASE, "b"))), message_id="u")

    again = shown(decided(command, a_situation_after(partial), CATALOG))

    assert [members(again, "id"), members(again, "orderGroup")] == [[0, 1], ["a", "b"]]
