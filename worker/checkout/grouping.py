"""Line ids, currencies and order groups: what a producer leaves out, filled in."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from itertools import chain

from contracts.cart import Cart, CartLineItem
from worker.checkout.addon_groups import AddOnGroups
from worker.checkout.catalog import Catalog
from worker.checkout.currencies import Currencies
from worker.checkout.situation import Situation


@dataclass(frozen=True, slots=True)
class Group:
    """The lines that become one order; `all_lines` has every add-on after its base."""

    name: str
    lines: tuple[CartLineItem, ...]
    all_lines: tuple[CartLineItem, ...]


@dataclass(frozen=True)
class GroupedLines:
    """The lines, populated, and the numbers, currencies and add-ons' groups that the cart was given so far.

    `moved`: lines that were ordered in another group, by the group they came to; with their ids here.
    """

    lines: tuple[CartLineItem, ...]
    numbers: Mapping[str, str]
    currencies: Mapping[str, str]
    addon_groups: Mapping[str, str]
    moved: Mapping[str, Collection[int | str]] = field(default_factory=dict)

    @cached_property
    def groups(self) -> tuple[Group, ...]:
        """In the order of their first line."""
        by_name: dict[str, list[CartLineItem]] = {}
        for line in self.lines:
            by_name.setdefault(line.order_group or "", []).append(line)
        return tuple(
            Group(name, tuple(lines), tuple(chain.from_iterable(line.with_add_ons() for line in lines)))
            for name, lines in by_name.items()
        )


def group_lines(cart: Cart, situation: Situation, catalog: Catalog) -> GroupedLines:
    """Number the lines, fill in currencies, and put each line into its order group.

    Numbers and currencies that were given before stay. No new line gets the id of an ordered one, and no
    number is the name of an ordered group.
    """
    named = {line.order_group for line in cart.line_items if line.order_group}
    ordered = _ordered_lines(situation)
    numbers = _GroupNumbers(situation.cart.group_numbers, {*situation.orders, *named})
    currencies = Currencies(situation, catalog)
    filling = _Filling(
        _LineIds(cart, {line_id for line_id, _ in ordered}),
        numbers,
        AddOnGroups(cart, situation, catalog, currencies),
        currencies,
        ordered=frozenset(ordered.values()),
        kept_errors=situation.cart.shown_errors if cart is situation.cart.content else (),
    )
    lines = [filling.base(line) for line in cart.line_items]
    lines = [filling.with_add_ons(line) for line in lines]
    moved = _moved(zip(cart.line_items, lines, strict=True), ordered) if ordered else {}
    return GroupedLines(tuple(lines), numbers.given, currencies.filled, filling.addons.given, moved)


def _ordered_lines(situation: Situation) -> Mapping[tuple[int | str, str], str]:
    """The group of each ordered line, by the line's id and item."""
    stored = situation.cart.content
    if not situation.orders or stored is None:
        return {}
    return {
        (line.id, line.catalog_item_id): line.order_group or ""
        for line in stored.all_lines()
        if line.id is not None and line.order_group in situation.orders
    }


def _moved(
    lines: Iterable[tuple[CartLineItem, CartLineItem]], ordered: Mapping[tuple[int | str, str], str]
) -> Mapping[str, Collection[int | str]]:
    """Lines that were ordered in another group: known by the ids that the producer gave."""
    asked_for = [
        ((each.id, each.catalog_item_id), populated)
        for given, line in lines
        for each, populated in zip(given.with_add_ons(), line.with_add_ons(), strict=True)
        if each.id is not None
    ]
    at_home = {key for key, line in asked_for if ordered.get(key) == line.order_group}
    moved: dict[str, set[int | str]] = {}
    for key, line in asked_for:
        if key in ordered and key not in at_home and line.id is not None:
            moved.setdefault(line.order_group or "", set()).add(line.id)
    return moved


class _LineIds:
    """Keeps the first use of an id; absent and repeated ones get the next free number."""

    def __init__(self, cart: Cart, ordered: Collection[int | str]) -> None:
        self._asked_for = {line.id for line in cart.all_lines()}
        self._used = set(ordered)
        self._next = 0

    def take(self, asked: int | str | None) -> int | str:
        if asked is None or asked in self._used:
            while self._next in self._asked_for or self._next in self._used:
                self._next += 1
            asked = self._next
        self._used.add(asked)
        return asked


class _GroupNumbers:
    """Numbers from "0" for (billing cycle, currency), passing over names that are in use."""

    def __init__(self, given: Mapping[str, str], taken: set[str]) -> None:
        self.given = dict(given)
        self._taken = taken | set(given.values())
        self._next = 0

    def number(self, billing_cycle: str, currency: str | None) -> str:
        pair = f"{billing_cycle}/{currency or ''}"
        if pair not in self.given:
            while str(self._next) in self._taken:
                self._next += 1
            self.given[pair] = str(self._next)
            self._next += 1
        return self.given[pair]


@dataclass(frozen=True, slots=True)
class _Filling:
    """Fills in lines. On a stored cart stay the errors that an update showed; all others are dropped."""

    ids: _LineIds
    groups: _GroupNumbers
    addons: AddOnGroups
    currencies: Currencies
    ordered: Collection[str]
    kept_errors: Collection[int | str]

    def base(self, line: CartLineItem) -> CartLineItem:
        currency = self.currencies.of(line)
        group = self._group(line, currency)
        return line.changed(
            # What was ordered is stored as it was ordered: no number is spent on it.
            id=line.id if group in self.ordered else self.ids.take(line.id),
            currency_code=currency,
            order_group=group,
            error=line.error if line.id in self.kept_errors else None,
        )

    def with_add_ons(self, line: CartLineItem) -> CartLineItem:
        """Add-ons are numbered after all base lines, and share group and currency with their base."""
        if not line.addon_items:
            return line
        addons = [
            addon.changed(
                id=addon.id if line.order_group in self.ordered else self.ids.take(addon.id),
                currency_code=addon.currency_code or line.currency_code,
                order_group=line.order_group,
                error=addon.error if addon.id in self.kept_errors else None,
            )
            for addon in line.addon_items
        ]
        return line.changed(addon_items=addons)

    def _group(self, line: CartLineItem, currency: str | None) -> str:
        if line.order_group:
            return line.order_group
        group = (
            self.addons.ordered(line, currency)
            or self.addons.of_base(line, currency)
            or self.groups.number(line.billing_cycle, currency)
        )
        self.addons.note(line, currency, group)
        return group
