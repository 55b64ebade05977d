"""Bases: what an add-on needs beside it, in the cart or among what the customer owns."""

from collections.abc import Collection

from contracts.order import OrderLineItem
from worker.checkout.catalog import Catalog
from worker.checkout.command import Command
from worker.checkout.situation import Situation


def bases_asked_for(command: Command, situation: Situation, catalog: Catalog) -> frozenset[str]:
    """Items that the customer may own and the add-ons of the cart may build on."""
    cart = command.body.cart or situation.cart.content
    found = (catalog.find(line.catalog_item_id) for line in cart.all_lines()) if cart else ()
    return frozenset(base for item in found if item and item.is_addon for base in item.prerequisites)


def ordered_before(situation: Situation, asked_for: Collection[str]) -> list[OrderLineItem]:
    """The lines of this cart's orders, but those of the groups that are asked for."""
    orders = (each.order for group, each in situation.orders.items() if group not in asked_for)
    return [line for order in orders for line in order.line_items]
