"""Which group a line gets, under which id and in which currency."""

from typing import Any

import pytest

from contracts.cart import Cart
from tests.builders import (
    ITEM,
    OTHER_ITEM,
    a_cart,
    a_catalog,
    a_catalog_item,
    a_line,
    an_open_catalog,
    ordered_groups,
    without,
)
from worker.checkout.catalog import Catalog
from worker.checkout.grouping import GroupedLines, group_lines
from worker.checkout.situation import Situation, StoredCart

NO_CURRENCY = without(a_line(), "currencyCode")


def grouped(
    *lines: dict[str, Any],
    numbers: dict[str, str] | None = None,
    taken: tuple[str, ...] = (),
    catalog: Catalog | None = None,
) -> GroupedLines:
    situation = Situation(StoredCart(group_numbers=numbers or {}), ordered_groups(*taken))
    return group_lines(Cart.model_validate(a_cart(*lines)), situation, catalog or an_open_catalog())


def groups_of(lines: GroupedLines) -> list[str | None]:
    return [line.order_group for line in lines.lines]


def ids_of(lines: GroupedLines) -> list[Any]:
    return [each.id for line in lines.lines for each in line.with_add_ons()]


def test_each_pair_of_cycle_and_currency_is_numbered_from_0_by_first_appearance() -> None:
    result = grouped(
        a_line(billingCycle="annual"),
        a_line(),
        a_line(currencyCode="EUR"),
        a_line(billingCycle="annual", termDuration="P3Y", quantity=9),
        a_line(catalogItemId=OTHER_ITEM),
    )

    assert groups_of(result) == ["0", "1", "2", "0", "1"]
    assert dict(result.numbers) == {"annual/USD": "0", "monthly/USD": "1", "monthly/EUR": "2"}


def test_a_group_that_is_given_is_kept_whatever_it_is_called() -> None:
    result = grouped(a_line(orderGroup="seats"), a_line(orderGroup="OMS-0", billingCycle="annual"))

    assert groups_of(result) == ["seats", "OMS-0"]
    assert dict(result.numbers) == {}


def test_numbering_passes_over_names_that_the_cart_uses() -> None:
    result = grouped(a_line(), a_line(billingCycle="annual"), a_line(orderGroup="0"), a_line(orderGroup="2"))

    assert groups_of(result) == ["1", "3", "0", "2"]


def test_numbering_passes_over_groups_that_were_ordered() -> None:
    assert groups_of(grouped(a_line(), taken=("0", "1"))) == ["2"]


def test_a_number_stays_with_its_cycle_and_currency() -> None:
    result = grouped(a_line(billingCycle="annual"), a_line(), numbers={"monthly/USD": "0"})

    assert groups_of(result) == ["1", "0"]
    assert dict(result.numbers) == {"monthly/USD": "0", "annual/USD": "1"}


def test_a_number_that_was_given_stays_although_its_group_was_ordered() -> None:
    assert groups_of(grouped(a_line(), numbers={"monthly/USD": "0"}, taken=("0",))) == ["0"]


def test_a_number_of_lines_that_left_the_cart_is_never_given_again() -> None:
    assert groups_of(grouped(a_line(billingCycle="annual"), numbers={"monthly/USD": "0"})) == ["1"]


def test_lines_of_a_group_stand_together_in_the_order_of_the_first() -> None:
    first, second, third = a_line(id=1), a_line(id=2, orderGroup="b"), a_line(id=3)

    groups = grouped(second, first, third, a_line(id=4, orderGroup="b")).groups

    assert [(group.name, [line.id for line in group.lines]) for group in groups] == [
        ("b", [2, 4]),
        ("0", [1, 3]),
    ]


def test_an_add_on_belongs_to_the_group_of_its_base() -> None:
    addon = a_line(catalogItemId="add-on", billingCycle="annual", orderGroup="elsewhere")

    result = grouped(a_line(orderGroup="g", addonItems=[addon]))

    assert [group.name for group in result.groups] == ["g"]
    assert [line.order_group for line in result.groups[0].all_lines] == ["g", "g"]
    assert [line.catalog_item_id for line in result.groups[0].all_lines] == [ITEM, "add-on"]


ADD_ON = a_line(catalogItemId="add-on")
WITH_ADD_ONS = a_catalog(
    a_catalog_item(),
    a_catalog_item(OTHER_ITEM, prerequisites=(ITEM,)),
    a_catalog_item("add-on", is_addon=True, prerequisites=(ITEM,)),
)


@pytest.mark.parametrize(
    ("beside", "group"),
    [
        ([a_line(orderGroup="g")], "g"),
        ([a_line(catalogItemId=OTHER_ITEM, orderGroup="other"), a_line(orderGroup="g")], "g"),
        ([a_line(billingCycle="annual", orderGroup="annual"), a_line(orderGroup="g")], "g"),
        ([a_line(billingCycle="annual", orderGroup="annual")], "0"),
        ([a_line(currencyCode="EUR", orderGroup="euro")], "0"),
        ([a_line()], "0"),
    ],
    ids=["its-base", "another-item", "another-cycle-first", "another-cycle", "another-currency", "unnamed"],
)
def test_an_add_on_without_a_group_joins_a_base_that_can_be_in_one_order_with_it(
    beside: list[dict[str, Any]], group: str
) -> None:
    assert groups_of(grouped(*beside, ADD_ON, catalog=WITH_ADD_ONS))[-1] == group


def test_prerequisites_of_what_is_no_add_on_do_not_group_it() -> None:
    result = grouped(a_line(orderGroup="g"), a_line(catalogItemId=OTHER_ITEM), catalog=WITH_ADD_ONS)

    assert groups_of(result) == ["g", "0"]


def test_what_is_filled_in_for_the_cart_s_life_is_known_by_item_cycle_and_currency() -> None:
    """These keys are stored: under others, what is ordered would be filled in anew and ordered once more."""
    catalog = a_catalog(
        a_catalog_item(currencies=("EUR",)),
        a_catalog_item("add-on", is_addon=True, prerequisites=(ITEM,), currencies=("EUR",)),
    )

    result = grouped(NO_CURRENCY, without(ADD_ON, "currencyCode"), catalog=catalog)

    assert dict(result.addon_groups) == {"add-on/monthly/EUR": "0"}
    assert dict(result.currencies) == {f"{ITEM}/monthly": "EUR", "add-on/monthly": "EUR"}


@pytest.mark.parametrize(
    ("given", "ids"),
    [
        ([None, None, None], [0, 1, 2]),
        ([0, 0, 0], [0, 1, 2]),
        ([None, 0, None], [1, 0, 2]),
        ([5, None, "5"], [5, 0, 1]),
        (["a", "a", 1], ["a", 0, 1]),
        ([2, 2, 0, None, 1], [2, 3, 0, 4, 1]),
    ],
    ids=repr,
)
def test_absent_and_repeated_line_ids_are_numbered_by_us(given: list[Any], ids: list[Any]) -> None:
    assert ids_of(grouped(*[a_line(id=each) for each in given])) == ids


def test_add_ons_are_numbered_after_the_lines_and_never_take_a_line_s_id() -> None:
    result = grouped(a_line(addonItems=[a_line(), a_line(id=0)]), a_line(id=0), a_line(id=3))

    assert ids_of(result) == [1, 2, 4, 0, 3]


def test_an_add_on_keeps_an_id_that_nobody_else_has() -> None:
    assert ids_of(grouped(a_line(addonItems=[a_line(id="mine")]))) == [0, "mine"]


@pytest.mark.parametrize(
    ("catalog", "currency"),
    [
        (an_open_catalog("SEK"), "SEK"),
        (a_catalog(a_catalog_item(currencies=("EUR",))), "EUR"),
        (a_catalog(a_catalog_item(currencies=("EUR",)), is_open=True), "EUR"),
        (a_catalog(a_catalog_item(currencies=("EUR", "USD"))), None),
        (a_catalog(a_catalog_item(currencies=("EUR", "USD")), is_open=True), None),
        (a_catalog(a_catalog_item(OTHER_ITEM)), None),
    ],
    ids=range(6),
)
def test_a_currency_that_is_missing_is_the_item_s_only_one_or_the_default_of_an_open_catalog(
    catalog: Catalog, currency: str | None
) -> None:
    result = grouped(NO_CURRENCY, catalog=catalog)

    assert [line.currency_code for line in result.lines] == [currency]
    assert [*result.currencies.values()] == ([currency] if currency else [])


def test_a_currency_that_is_given_stays() -> None:
    line = a_line(currencyCode="JPY")

    assert (
        grouped(line, catalog=a_catalog(a_catalog_item(currencies=("EUR",)))).lines[0].currency_code == "JPY"
    )


def test_an_add_on_without_a_currency_has_that_of_its_base() -> None:
    base = a_line(currencyCode="EUR", addonItems=[NO_CURRENCY, a_line(currencyCode="JPY")])

    lines = grouped(base).lines[0].with_add_ons()

    assert [line.currency_code for line in lines] == ["EUR", "EUR", "JPY"]


def test_errors_that_a_producer_sends_along_are_dropped() -> None:
    error = {"errorCode": 1, "errorDescription": "old"}

    lines = grouped(a_line(error=error, addonItems=[a_line(error=error)])).lines[0].with_add_ons()

    assert [line.error for line in lines] == [None, None]
