"""What holds for the groups of every cart."""

import json
from collections import Counter
from collections.abc import Mapping
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from contracts.cart import Cart, CartLineItem
from tests.builders import ordered_groups
from tests.strategies import GROUPS, carts, catalogs
from worker.checkout.catalog import Catalog
from worker.checkout.grouping import GroupedLines, group_lines
from worker.checkout.situation import Situation, StoredCart

taken_names = st.sets(st.sampled_from(GROUPS))


def grouped(
    cart: Mapping[str, Any], catalog: Catalog, numbers: Mapping[str, str], taken: set[str]
) -> GroupedLines:
    situation = Situation(StoredCart(group_numbers=numbers), ordered_groups(*taken))
    return group_lines(Cart.model_validate(cart), situation, catalog)


@given(carts(), catalogs())
def test_every_line_is_in_exactly_one_group_and_no_line_is_lost(
    cart: dict[str, Any], catalog: Catalog
) -> None:
    result = grouped(cart, catalog, {}, set())

    in_groups = Counter(line.id for group in result.groups for line in group.all_lines)
    quantities = sorted(line.quantity for group in result.groups for line in group.all_lines)
    sent = Cart.model_validate(cart)
    assert in_groups == Counter(line.id for top in result.lines for line in top.with_add_ons())
    assert quantities == sorted(line.quantity for line in sent.all_lines())
    assert len({group.name for group in result.groups}) == len(result.groups)


@given(carts(), catalogs())
def test_line_ids_are_unique_and_the_first_use_of_an_id_is_kept(
    cart: dict[str, Any], catalog: Catalog
) -> None:
    result = grouped(cart, catalog, {}, set())

    sent = Cart.model_validate(cart).line_items
    ids = [line.id for top in result.lines for line in top.with_add_ons()]
    assert None not in ids
    assert len(set(ids)) == len(ids)
    firsts = {line.id: place for place, line in reversed(list(enumerate(sent))) if line.id is not None}
    assert all(result.lines[place].id == line_id for line_id, place in firsts.items())


@given(carts(), catalogs(), taken_names)
def test_a_number_is_a_name_that_nobody_else_used(
    cart: dict[str, Any], catalog: Catalog, taken: set[str]
) -> None:
    result = grouped(cart, catalog, {}, taken)

    named = {line["orderGroup"] for line in cart["lineItems"] if line.get("orderGroup")}
    given_numbers = list(result.numbers.values())
    assert not {*given_numbers} & (named | taken)
    assert len({*given_numbers}) == len(given_numbers)
    free = (str(number) for number in range(100) if str(number) not in named | taken)
    assert given_numbers == [next(free) for _ in given_numbers]


def _named_by_bases(line: CartLineItem, result: GroupedLines, catalog: Catalog) -> set[str | None]:
    """Groups that the bases of an add-on are in, of its own cycle and currency."""
    item = catalog.find(line.catalog_item_id)
    bases = item.prerequisites if item and item.is_addon else ()
    pair = (line.billing_cycle, line.currency_code)
    return {
        each.order_group
        for each in result.lines
        if each.catalog_item_id in bases and (each.billing_cycle, each.currency_code) == pair
    }


@given(st.lists(carts(), min_size=2, max_size=4), catalogs())
def test_numbers_stay_with_their_cycle_and_currency_and_are_never_reused(
    states: list[dict[str, Any]], catalog: Catalog
) -> None:
    numbers: dict[str, str] = {}
    for cart in states:
        result = grouped(cart, catalog, numbers, set())
        assert {pair: result.numbers[pair] for pair in numbers} == numbers
        assert len({*result.numbers.values()}) == len(result.numbers)
        for sent, line in zip(cart["lineItems"], result.lines, strict=True):
            if not sent.get("orderGroup") and line.order_group not in _named_by_bases(line, result, catalog):
                assert line.order_group == result.numbers[f"{line.billing_cycle}/{line.currency_code or ''}"]
        numbers = dict(result.numbers)


@given(carts(), catalogs())
def test_a_cart_that_was_populated_and_stored_is_grouped_the_same(
    cart: dict[str, Any], catalog: Catalog
) -> None:
    once = grouped(cart, catalog, {}, set())
    stored = Cart.model_validate(cart).model_copy(update={"line_items": list(once.lines)})

    again = grouped(json.loads(stored.to_json()), catalog, once.numbers, set())

    assert again.lines == once.lines
    assert dict(again.numbers) == dict(once.numbers)
