"""Bases: what an add-on needs beside it, in the cart or among what the customer owns."""

from collections.abc import Iterable

from contracts.cart import CartLineItem
from contracts.order import OrderLineItem
from worker.checkout.catalog import Catalog
from worker.checkout.command import Command
from worker.checkout.situation import Situation


def bases_asked_for(command: Command, situation: Situation, catalog: Catalog) -> frozenset[str]:
    """Items that the customer may own and the add-ons of the cart may build on."""
    found = (catalog.find(line.catalog_item_id) for line in _lines(command, situation))
    return frozenset(base for item in found if item and item.is_addon for base in item.prerequisites)


def seats_asked_for(command: Command, situation: Situation) -> int:
    """Seats that are enough for any add-on of the cart, however it is judged: those of all that it has."""
    ordered = sum(line.quantity for line in ordered_before(situation))
    return ordered + sum(line.quantity for line in _lines(command, situation))


def _lines(command: Command, situation: Situation) -> Iterable[CartLineItem]:
    cart = command.body.cart or situation.cart.content
    return cart.all_lines() if cart else ()


def ordered_before(situation: Situation) -> list[OrderLineItem]:
    """The lines of this cart's orders."""
    return [line for each in situation.orders.values() for line in each.order.line_items]
