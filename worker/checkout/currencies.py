"""The currency of a line that names none."""

from collections.abc import Mapping

from contracts.cart import CartLineItem
from worker.checkout.catalog import Catalog
from worker.checkout.situation import Situation


class Currencies:
    """A currency once filled in for a cart stays, like its group numbers do.

    The catalog is asked last: had it another currency by now, the lines of an order would come into another
    group and be ordered once more.
    """

    def __init__(self, situation: Situation, catalog: Catalog) -> None:
        self._catalog = catalog
        self._of_group = {group: each.order.currency_code for group, each in situation.orders.items()}
        self._filled = dict(situation.cart.currencies)

    @property
    def filled(self) -> Mapping[str, str]:
        """All that were filled in so far, by item and billing cycle."""
        return self._filled

    def of(self, line: CartLineItem) -> str | None:
        return line.currency_code or self._of_group.get(line.order_group or "") or self._fill(line)

    def _fill(self, line: CartLineItem) -> str | None:
        key = f"{line.catalog_item_id}/{line.billing_cycle}"
        currency = self._filled.get(key) or self._catalog.currency_for(line.catalog_item_id)
        if currency:
            self._filled[key] = currency
        return currency
