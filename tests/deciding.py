"""Deciding commands about a cart, and looking at what came of it."""

import json
from typing import Any, Final

from tests.builders import a_cart, a_catalog, an_update, an_update_command
from worker.checkout.catalog import Catalog
from worker.checkout.command import Command
from worker.checkout.decide import decide
from worker.checkout.decision import CartChange, Decided
from worker.checkout.situation import Situation

BESIDE_THE_CART: Final = ("customerId", "cartId", "cartVersion", "orderErrors")
"""What cart.updated tells that is no part of the cart."""


def decided(command: Command, situation: Situation | None = None, catalog: Catalog | None = None) -> Decided:
    decision = decide(command, situation or Situation(), catalog or a_catalog())
    assert isinstance(decision, Decided)
    return decision


def body_of(decision: Decided) -> dict[str, Any]:
    body = json.loads(decision.event.body)
    assert isinstance(body, dict)
    return body


def shown(decision: Decided) -> dict[str, Any]:
    """The cart that cart.updated shows."""
    assert decision.event.type == "cart.updated", decision.event.body
    return body_of(decision)


def updated(*lines: dict[str, Any], **cart: Any) -> dict[str, Any]:
    """The cart that is shown after a first update with these lines."""
    return shown(decided(an_update_command(an_update(a_cart(*lines, **cart)))))


def stored(decision: Decided) -> CartChange:
    assert decision.cart is not None
    return decision.cart


def members(cart: dict[str, Any], name: str) -> list[Any]:
    """What every line, add-ons after their base, has under a name."""
    lines = (each for line in cart["lineItems"] for each in (line, *line.get("addonItems", ())))
    return [line.get(name) for line in lines]
