"""Numbers of groups that lines were given, and have left since by an edit."""

from contracts.cart import Cart, CartLineItem
from worker.checkout.catalog import Catalog
from worker.checkout.currencies import Currencies
from worker.checkout.grouping import numbered_pair
from worker.checkout.situation import Situation, StoredCart


def without_outgrown_groups(cart: Cart, situation: Situation, catalog: Catalog) -> Cart:
    """The cart of an update, without the numbers that its lines no longer belong to.

    Whoever edits the cart that `cart.updated` shows sends each line's number along, and never chose it as
    a name: with another billing cycle or currency the line gets the number of these, unless one of the two
    groups is ordered.
    """
    stored, currencies = situation.cart, Currencies(situation, catalog)
    lines = stored.content.line_items if stored.content else ()
    given = {line.id: line.order_group for line in lines if line.order_group == _number(line, stored)}

    def is_outgrown(line: CartLineItem) -> bool:
        group = line.order_group
        if group is None or given.get(line.id) != group:
            return False
        number = _number(line.changed(currency_code=currencies.of(line)), stored)
        return number != group and situation.orders.keys().isdisjoint({group, number})

    return cart.changed(
        line_items=[line.changed(order_group=None) if is_outgrown(line) else line for line in cart.line_items]
    )


def _number(line: CartLineItem, stored: StoredCart) -> str | None:
    """What the line's cycle and currency were given in this cart."""
    return stored.group_numbers.get(numbered_pair(line.billing_cycle, line.currency_code))
