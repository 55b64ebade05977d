"""Line ids, currencies and order groups: what a producer leaves out, filled in."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import chain

from contracts.cart import Cart, CartLineItem
from worker.checkout.currencies import Currencies


@dataclass(frozen=True, slots=True)
class Group:
    """The lines that become one order; `all_lines` has every add-on after its base."""

    name: str
    lines: tuple[CartLineItem, ...]
    all_lines: tuple[CartLineItem, ...]


@dataclass(frozen=True, slots=True)
class GroupedLines:
    """The lines, populated, and the numbers and currencies that the cart was given so far."""

    lines: tuple[CartLineItem, ...]
    numbers: Mapping[str, str]
    currencies: Mapping[str, str]

    @property
    def groups(self) -> tuple[Group, ...]:
        """In the order of their first line."""
        by_name: dict[str, list[CartLineItem]] = {}
        for line in self.lines:
            by_name.setdefault(line.order_group or "", []).append(line)
        return tuple(
            Group(name, tuple(lines), tuple(chain.from_iterable(line.with_add_ons() for line in lines)))
            for name, lines in by_name.items()
        )


def group_lines(
    cart: Cart, numbers: Mapping[str, str], taken: Iterable[str], currencies: Currencies
) -> GroupedLines:
    """Number the lines, fill in currencies, and put each line into its order group.

    `numbers` were given before and stay; `taken` are names of groups that a new number must not be.
    """
    named = {line.order_group for line in cart.line_items if line.order_group}
    ids, groups = _LineIds(cart), _GroupNumbers(numbers, {*taken, *named})
    lines = [_populated(line, ids, groups, currencies) for line in cart.line_items]
    return GroupedLines(tuple(_with_add_ons(line, ids) for line in lines), groups.given, currencies.filled)


class _LineIds:
    """Keeps the first use of an id; absent and repeated ones get the next free number."""

    def __init__(self, cart: Cart) -> None:
        self._asked_for = {line.id for line in cart.all_lines()}
        self._used: set[int | str] = set()
        self._next = 0

    def take(self, asked: int | str | None) -> int | str:
        if asked is None or asked in self._used:
            while self._next in self._asked_for:
                self._next += 1
            asked, self._next = self._next, self._next + 1
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


def _populated(
    line: CartLineItem, ids: _LineIds, groups: _GroupNumbers, currencies: Currencies
) -> CartLineItem:
    currency = currencies.of(line)
    group = line.order_group or groups.number(line.billing_cycle, currency)
    return line.model_copy(
        update={"id": ids.take(line.id), "currency_code": currency, "order_group": group, "error": None}
    )


def _with_add_ons(line: CartLineItem, ids: _LineIds) -> CartLineItem:
    """Add-ons are numbered after all base lines, and share group and currency with their base."""
    if not line.addon_items:
        return line
    addons = [
        addon.model_copy(
            update={
                "id": ids.take(addon.id),
                "currency_code": addon.currency_code or line.currency_code,
                "order_group": line.order_group,
                "error": None,
            }
        )
        for addon in line.addon_items
    ]
    return line.model_copy(update={"addon_items": addons})
