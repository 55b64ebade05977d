"""All rules of a checkout, in the order in which the first failing one names the group's code.

A new line rule is one function and one row of LINE_RULES.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from contracts.cart import Cart, CartError, CartLineItem
from contracts.checkout import OrderError
from contracts.codes import CartErrorCode, OrderErrorCode
from worker.checkout.catalog import Catalog, CatalogItem
from worker.checkout.grouping import Group
from worker.checkout.terms import CYCLE_MONTHS, term_months

_LONGEST_DESCRIPTION: Final = 1024

# What is wrong with a line, in words; None: nothing. The item is None where the catalog does not know it.
Check = Callable[[CartLineItem, CatalogItem | None, Catalog], str | None]


@dataclass(frozen=True, slots=True)
class Context:
    catalog: Catalog
    asked: datetime
    addon_seats: Mapping[str, int]

    @classmethod
    def of(
        cls,
        cart: Cart,
        lines: Iterable[CartLineItem],
        *,
        owned: Mapping[str, int],
        catalog: Catalog,
        asked: datetime,
    ) -> "Context":
        return cls(catalog, asked, {})


@dataclass(frozen=True, slots=True)
class LineRule:
    check: Check
    line_code: CartErrorCode
    group_code: OrderErrorCode


@dataclass(frozen=True, slots=True)
class Judgement:
    """The rules' word on a group: its error, if it has one, and the error of each bad line by line id."""

    error: OrderError | None
    line_errors: Mapping[int | str, CartError]


def item_known(line: CartLineItem, item: CatalogItem | None, catalog: Catalog) -> str | None:
    if item is None and not catalog.is_open:
        return f"{line.catalog_item_id} is not in the catalog"
    return None


def item_on_sale(line: CartLineItem, item: CatalogItem | None, _: Catalog) -> str | None:
    return None if item is None or item.on_sale else f"{line.catalog_item_id} is not on sale"


def quantity_in_range(line: CartLineItem, item: CatalogItem | None, _: Catalog) -> str | None:
    if item is None or item.minimum_quantity <= line.quantity <= item.maximum_quantity:
        return None
    limits = f"{item.minimum_quantity} to {item.maximum_quantity}"
    return f"{line.catalog_item_id} is sold in quantities of {limits}, not {line.quantity}"


def billing_cycle_offered(line: CartLineItem, item: CatalogItem | None, _: Catalog) -> str | None:
    offered = item.billing_cycles if item else tuple(CYCLE_MONTHS)
    if line.billing_cycle in offered and line.billing_cycle in CYCLE_MONTHS:
        return None
    return f"{line.catalog_item_id} is billed {_any_of(offered)}, not {line.billing_cycle}"


def cycle_within_term(line: CartLineItem, _item: CatalogItem | None, _: Catalog) -> str | None:
    months = term_months(line.term_duration)
    if months is None or CYCLE_MONTHS.get(line.billing_cycle, 0) <= months:
        return None
    return f"Billing {line.billing_cycle} is longer than the term {line.term_duration}"


def term_offered(line: CartLineItem, item: CatalogItem | None, _: Catalog) -> str | None:
    term = line.term_duration
    if term is not None and term_months(term) is None:
        return f"{term} is not a term like P1M or P1Y"
    if item is None or (term in item.terms if term else not item.terms or "" in item.terms):
        return None
    return f"{line.catalog_item_id} has the terms {_any_of(item.terms)}, not {term or 'none'}"


def renewal_term_valid(line: CartLineItem, _item: CatalogItem | None, _: Catalog) -> str | None:
    term = line.renews_to.term_duration if line.renews_to else None
    if term is None:
        return None
    if term_months(term) is None:
        return f"{term} is not a renewal term like P1M or P1Y"
    return None


def currency_offered(line: CartLineItem, item: CatalogItem | None, _: Catalog) -> str | None:
    if item is None:
        return None
    if line.currency_code is None:
        return f"{line.catalog_item_id} costs {_any_of(item.currencies)}: name the currency"
    if line.currency_code in item.currencies:
        return None
    return f"{line.catalog_item_id} costs {_any_of(item.currencies)}, not {line.currency_code}"


LINE_RULES: Final = (
    LineRule(item_known, CartErrorCode.CATALOG_ITEM_ID_IS_NOT_VALID, OrderErrorCode.AVAILABILITY_UNKNOWN),
    LineRule(
        item_on_sale,
        CartErrorCode.CATALOG_ITEM_ID_IS_NOT_VALID,
        OrderErrorCode.CATALOG_ITEM_NOT_ELIGIBLE_FOR_PURCHASE,
    ),
    LineRule(quantity_in_range, CartErrorCode.INVALID_INPUT, OrderErrorCode.INVALID_QUANTITY),
    LineRule(
        billing_cycle_offered,
        CartErrorCode.BILLING_PLAN_NOT_SUPPORTED,
        OrderErrorCode.BILLING_CYCLE_INVALID,
    ),
    LineRule(cycle_within_term, CartErrorCode.INVALID_INPUT, OrderErrorCode.BILLING_CYCLE_LONGER_THAN_TERM),
    LineRule(term_offered, CartErrorCode.INVALID_INPUT, OrderErrorCode.TERM_DURATION_INVALID),
    LineRule(renewal_term_valid, CartErrorCode.INVALID_INPUT, OrderErrorCode.TERM_DURATION_INVALID),
    LineRule(
        currency_offered, CartErrorCode.CURRENCY_IS_NOT_SUPPORTED, OrderErrorCode.CURRENCY_NOT_SUPPORTED
    ),
)


def judge(group: Group, context: Context, *, expired: str | None) -> Judgement:
    """Apply every rule to a group that has no order. `expired` says since when, if the cart is.

    Every bad line gets its own first failing rule; the group gets the one that stands first of all.
    """
    failed = {
        line.id or 0: found for line in group.all_lines if (found := _first_failure(line, context.catalog))
    }
    line_errors = {
        line_id: _line_error(LINE_RULES[rule].line_code, why) for line_id, (rule, why) in failed.items()
    }
    return Judgement(_group_error(group, failed.values(), expired), line_errors)


def ordered_with_other_content(group: Group) -> OrderError:
    return _error(
        group,
        OrderErrorCode.CART_CHECK_OUT_NOT_ALLOWED_WHEN_STATUS_IS_ORDERED,
        "This group was ordered before with other content; put new lines into a new group or cart",
    )


def moved(group: Group) -> Judgement:
    """The word on a group with a line that was ordered in another group."""
    error = _error(
        group,
        OrderErrorCode.CART_CHECK_OUT_NOT_ALLOWED_WHEN_STATUS_IS_ORDERED,
        "A line of this group was ordered in another one; give new lines ids of their own",
    )
    return Judgement(error, {})


def _first_failure(line: CartLineItem, catalog: Catalog) -> tuple[int, str] | None:
    item = catalog.find(line.catalog_item_id)
    for position, rule in enumerate(LINE_RULES):
        if why := rule.check(line, item, catalog):
            return position, why
    return None


def _group_error(group: Group, failed: Iterable[tuple[int, str]], expired: str | None) -> OrderError | None:
    if expired:
        return _error(
            group, OrderErrorCode.CART_ID_NOT_FOUND, f"The cart expired at {expired}; make a new one"
        )
    first = min(failed, default=None)
    if first is not None:
        rule, why = first
        return _error(group, LINE_RULES[rule].group_code, why)
    return _mixed(group)


def _mixed(group: Group) -> OrderError | None:
    """An order has one billing cycle and one currency."""
    cycles = sorted({line.billing_cycle for line in group.all_lines})
    currencies = sorted({line.currency_code or "" for line in group.all_lines})
    if len(cycles) == len(currencies) == 1:
        return None
    mixed = " and ".join(cycles if len(cycles) > 1 else currencies)
    return _error(
        group,
        OrderErrorCode.BILLING_CYCLE_DIFFERS_FROM_ORDER,
        f"One order cannot hold {mixed}: split the group",
    )


def _line_error(code: CartErrorCode, description: str) -> CartError:
    return CartError(error_code=code, error_description=description[:_LONGEST_DESCRIPTION])


def _error(group: Group, code: OrderErrorCode, description: str) -> OrderError:
    return OrderError(order_group_id=group.name, code=code, description=description[:_LONGEST_DESCRIPTION])


def _any_of(values: Iterable[str]) -> str:
    return ", ".join(value or "none" for value in values) or "none"
