"""The group of an add-on that names none: that of its base."""

from contracts.cart import Cart, CartLineItem
from worker.checkout.catalog import Catalog
from worker.checkout.currencies import Currencies
from worker.checkout.situation import Situation


class AddOnGroups:
    """Where an add-on was ordered, it stays, whatever the cart and the catalog say of its base by now.

    Otherwise it would come into another group and be ordered once more.
    """

    def __init__(self, cart: Cart, situation: Situation, catalog: Catalog, currencies: Currencies) -> None:
        self._cart = cart
        self._ordered = situation.orders
        self._catalog = catalog
        self._currencies = currencies
        self.given = dict(situation.cart.addon_groups)
        """All that were given so far, by item, billing cycle and currency."""

    def ordered(self, line: CartLineItem, currency: str | None) -> str | None:
        """The ordered group that a line without a group was in as an add-on."""
        group = self.given.get(_key(line, currency)) if self.given else None
        return group if group in self._ordered else None

    def of_base(self, line: CartLineItem, currency: str | None) -> str | None:
        """The named group of an add-on's base, if the two can be in one order.

        Where the base has no named group either, both get the number of their cycle and currency.
        """
        item = self._catalog.find(line.catalog_item_id)
        if item is None or not item.is_addon:
            return None
        pair = (line.billing_cycle, currency)
        bases = (each for each in self._cart.line_items if each.catalog_item_id in item.prerequisites)
        alike = (base for base in bases if (base.billing_cycle, self._currencies.of(base)) == pair)
        base = next(alike, None)
        return base.order_group if base else None

    def note(self, line: CartLineItem, currency: str | None, group: str) -> None:
        """Remember the group that was given to an add-on."""
        item = self._catalog.find(line.catalog_item_id)
        if item is not None and item.is_addon:
            self.given[_key(line, currency)] = group


def _key(line: CartLineItem, currency: str | None) -> str:
    return f"{line.catalog_item_id}/{line.billing_cycle}/{currency or ''}"
