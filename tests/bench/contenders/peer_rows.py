"""A checkout as parameters of the peers' statements."""

from datetime import timedelta
from hashlib import sha256
from typing import Any, Final

from pydantic_core import to_json

from tests.bench.contenders.peer_checkout import SOURCE, CheckedOut

_LIFE: Final = timedelta(days=7)


def outcome_row(made: CheckedOut) -> tuple[Any, ...]:
    """Parameters of statement `outcome`."""
    event = made.event
    return (
        made.customer_id, made.message_id, made.cart_id, sha256(made.cart.encode()).digest(), made.at,
        event.event_id, event.type, made.at.isoformat(), SOURCE, made.message_id, event.body,
    )  # fmt: skip


def cart_row(made: CheckedOut) -> tuple[Any, ...]:
    """Parameters of statement `cart`."""
    return (made.customer_id, made.cart_id, made.status, made.cart, made.at, made.at + _LIFE)


def orders_columns(made: CheckedOut) -> tuple[Any, ...]:
    """Parameters of statement `orders`."""
    orders = made.orders
    return (
        made.customer_id, made.cart_id, made.message_id, made.at,
        [order.order_id for order in orders],
        [order.group for order in orders],
        [order.content_hash for order in orders],
        [order.billing_cycle for order in orders],
        [order.currency_code for order in orders],
        [to_json(order.content).decode() for order in orders],
    )  # fmt: skip


def lines_columns(made: CheckedOut) -> tuple[Any, ...]:
    """Parameters of statement `lines`."""
    lines = [(order.order_id, *each) for order in made.orders for each in enumerate(order.lines)]
    return (
        made.customer_id,
        [order_id for order_id, _, _ in lines],
        [number for _, number, _ in lines],
        [line.catalog_item_id for _, _, line in lines],
        [line.quantity for _, _, line in lines],
        [line.term_duration for _, _, line in lines],
    )


def errors_columns(made: CheckedOut) -> tuple[Any, ...]:
    """Parameters of statement `errors`."""
    return (
        made.customer_id, made.message_id, made.cart_id, made.at,
        [error.group for error in made.errors],
        [error.code for error in made.errors],
        [error.description for error in made.errors],
    )  # fmt: skip
