"""What holds for the judgement on every cart."""

from dataclasses import replace
from datetime import datetime
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from contracts.cart import Cart
from tests.builders import a_context
from tests.strategies import ITEMS, carts, catalogs, moments
from worker.checkout.catalog import Catalog
from worker.checkout.context import Context
from worker.checkout.grouping import Group, group_lines
from worker.checkout.rules import RULES, GroupRule, Judgement, LineRule, judge
from worker.checkout.situation import Situation

owned = st.dictionaries(st.sampled_from(ITEMS), st.integers(1, 5))
LINE_CODES = [rule.line_code for rule in RULES if isinstance(rule, LineRule)]


def groups_of(cart: Cart, catalog: Catalog) -> tuple[Group, ...]:
    return group_lines(cart, Situation(), catalog).groups


def judgements(cart: Cart, catalog: Catalog, context: Context) -> list[tuple[Group, Judgement]]:
    return [(group, judge(group, context, expired=None)) for group in groups_of(cart, catalog)]


def breaks(group: Group, rule: LineRule | GroupRule, context: Context) -> bool:
    if isinstance(rule, GroupRule):
        return bool(rule.check(group, context))
    lines = ((line, context.catalog.find(line.catalog_item_id)) for line in group.all_lines)
    return any(rule.check(line, item, context) for line, item in lines)


@given(carts(), catalogs(), owned, moments)
def test_every_group_is_judged_and_every_error_is_told_in_a_few_words(
    sent: dict[str, Any], catalog: Catalog, seats: dict[str, int], asked: datetime
) -> None:
    cart = Cart.model_validate(sent)

    for group, judgement in judgements(cart, catalog, a_context(cart, catalog, asked=asked, owned=seats)):
        assert judgement.line_errors.keys() <= {line.id for line in group.all_lines}
        assert {error.error_code for error in judgement.line_errors.values()} <= {*LINE_CODES}
        told = [error.error_description for error in judgement.line_errors.values()]
        told += [judgement.error.description] if judgement.error else []
        assert all(0 < len(text) <= 1024 for text in told)


@given(carts(), catalogs(), owned)
def test_a_group_is_ordered_if_no_rule_finds_anything_and_else_named_after_the_first_that_does(
    sent: dict[str, Any], catalog: Catalog, seats: dict[str, int]
) -> None:
    cart = Cart.model_validate(sent)
    context = a_context(cart, catalog, owned=seats)

    for group, judgement in judgements(cart, catalog, context):
        broken = (rule.group_code for rule in RULES if breaks(group, rule, context))
        assert (judgement.error.code if judgement.error else None) == next(broken, None)


@given(carts(), catalogs(), owned, st.sampled_from(ITEMS), st.integers(1, 9))
def test_more_seats_never_make_an_add_on_fail(
    sent: dict[str, Any], catalog: Catalog, seats: dict[str, int], item: str, more: int
) -> None:
    cart = Cart.model_validate(sent)
    fewer = a_context(cart, catalog, owned=seats)
    enough = replace(fewer, seats={**fewer.seats, item: fewer.seats.get(item, 0) + more})

    for (_, before), (_, after) in zip(
        judgements(cart, catalog, fewer), judgements(cart, catalog, enough), strict=True
    ):
        assert after.line_errors.keys() <= before.line_errors.keys()
        assert after.error is None or before.error is not None


@given(carts(), catalogs())
def test_how_provisioning_keys_and_roles_are_spelled_makes_no_difference(
    sent: dict[str, Any], catalog: Catalog
) -> None:
    as_sent, shouted = Cart.model_validate(sent), Cart.model_validate(_shouted(sent))

    one, other = (
        [judgement for _, judgement in judgements(cart, catalog, a_context(cart, catalog))]
        for cart in (as_sent, shouted)
    )

    assert [(each.error and each.error.code, each.line_errors.keys()) for each in one] == [
        (each.error and each.error.code, each.line_errors.keys()) for each in other
    ]


def _shouted(cart: dict[str, Any]) -> dict[str, Any]:
    return {**cart, "lineItems": [_shouted_line(line) for line in cart["lineItems"]]}


def _shouted_line(line: dict[str, Any]) -> dict[str, Any]:
    context, partners = line.get("provisioningContext") or {}, line.get("participants") or []
    addons = [_shouted_line(addon) for addon in line.get("addonItems", ())]
    return {
        **line,
        "provisioningContext": {key.upper(): value for key, value in context.items()},
        "participants": [{**each, "key": each["key"].upper()} for each in partners],
        "addonItems": addons,
    }
