"""What should have come of the demonstration's carts, and what did."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from rich.table import Table

from contracts.wire import EventType
from worker.demo.carts import DemoCart
from worker.demo.listener import Listener


class Row(NamedTuple):
    what: str
    expected: int
    came: int

    @property
    def is_right(self) -> bool:
        return self.expected == self.came


def totals(
    carts: Sequence[DemoCart], listener: Listener, stored: Mapping[str, int], dead_letters: int
) -> list[Row]:
    """One row a fact: what subscribers heard, what the database holds, what waits among the dead letters."""
    first = [cart for cart in carts if not cart.is_copy]
    events = Counter(cart.event for cart in first)
    orders = sum(cart.orders for cart in first)
    malformed = events[EventType.CHECKOUT_REJECTED]
    updates = events[EventType.CART_UPDATED]
    return [
        *(Row(f"{event} heard", events[event], listener.events[event]) for event in sorted(events)),
        Row("repeated events heard", len(carts) - len(first), listener.copies),
        Row("repeated events that differ", 0, listener.differing_copies),
        Row("orders in events", orders, len(listener.orders)),
        Row("orders in the database", orders, stored["orders"]),
        Row("order errors in the database", sum(cart.errors for cart in first), stored["order_errors"]),
        Row("checkouts in the database", len(first) - malformed - updates, _checkouts(stored)),
        Row("cart updates in the database", updates, stored["updates"]),
        Row("events not yet published", 0, stored["pending"]),
        Row("dead letters", malformed, dead_letters),
    ]


def table_of(rows: Sequence[Row]) -> Table:
    table = Table("", "expected", "found", "verdict", title="What happened", title_justify="left")
    for row in rows:
        mark = "[green]ok[/]" if row.is_right else "[red]wrong[/]"
        table.add_row(row.what, f"{row.expected:,}", f"{row.came:,}", mark)
    for column in table.columns[1:3]:
        column.justify = "right"
    return table


def _checkouts(stored: Mapping[str, int]) -> int:
    return stored["completed"] + stored["partial"] + stored["failed"]
