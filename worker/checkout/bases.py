"""Bases: what an add-on needs beside it, in the cart or among what the customer owns."""

from collections import Counter
from collections.abc import Collection, Mapping

from worker.checkout.catalog import Catalog
from worker.checkout.command import Command
from worker.checkout.situation import Situation


def bases_asked_for(command: Command, situation: Situation, catalog: Catalog) -> frozenset[str]:
    """Items that the customer may own and the add-ons of the cart may build on."""
    cart = command.body.cart or situation.cart.content
    found = (catalog.find(line.catalog_item_id) for line in cart.all_lines()) if cart else ()
    return frozenset(base for item in found if item and item.is_addon for base in item.prerequisites)


def owned_seats(situation: Situation, asked_for: Collection[str]) -> Mapping[str, int]:
    """Seats by item: of other carts' orders, and of this one's but those of the groups that are asked for."""
    if not situation.orders:
        return situation.owned
    owned = Counter(situation.owned)
    for group, existing in situation.orders.items():
        if group not in asked_for:
            for line in existing.order.line_items:
                owned[line.offer_id] += line.quantity
    return owned
