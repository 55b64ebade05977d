"""Carts and checkouts as storefronts send them: plain JSON, valid unless told otherwise."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import uuid4

from contracts.catalog import CatalogLine

SEATS: Final = "CFQ7TTC0LH18:0001:CFQ7TTC0K971"
STORAGE: Final = "CFQ7TTC0HD33:0002:CFQ7TTC0LD91"
WITHDRAWN: Final = "CFQ7TTC0LF8S:0001:CFQ7TTC0JM2T"
UNKNOWN: Final = "CFQ7TTC00000:0001:CFQ7TTC00000"


def _item(item: str, title: str, **more: object) -> CatalogLine:
    usual = {
        "catalogItemId": item,
        "title": title,
        "maximumQuantity": 300,
        "billingCycles": ["monthly", "annual"],
        "terms": ["P1M", "P1Y"],
        "currencies": ["USD", "EUR"],
    }
    return CatalogLine.model_validate(usual | more)


CATALOG: Final = (
    _item(SEATS, "Seats"),
    _item(STORAGE, "Storage", terms=[], currencies=["USD"]),
    _item(WITHDRAWN, "No longer sold", onSale=False),
)

Line = dict[str, Any]


def a_line(group: str | None = None, item: str = SEATS, **more: object) -> Line:
    """A line item that can be ordered."""
    line: Line = {
        "catalogItemId": item,
        "quantity": 2,
        "billingCycle": "monthly",
        "currencyCode": "USD",
        "termDuration": "P1M" if item == SEATS else None,
        "orderGroup": group,
    }
    return {name: value for name, value in (line | more).items() if value is not None}


def guid() -> str:
    return str(uuid4())


@dataclass(frozen=True, slots=True)
class Request:
    """A checkout and the message that carries it."""

    lines: Sequence[Line] = field(default_factory=lambda: (a_line("licenses"), a_line("storage", STORAGE)))
    customer_id: str = field(default_factory=guid)
    cart_id: str = field(default_factory=guid)
    message_id: str = field(default_factory=guid)
    cart: dict[str, Any] = field(default_factory=dict)
    """Further members of the cart."""

    @property
    def document(self) -> dict[str, Any]:
        cart = {"id": self.cart_id, "lineItems": list(self.lines)} | self.cart
        return {"customerId": self.customer_id, "cart": cart}

    @property
    def body(self) -> bytes:
        return json.dumps(self.document).encode()

    @property
    def groups(self) -> set[str]:
        return {line["orderGroup"] for line in self.lines}


def a_request(*groups: str, **more: Any) -> Request:
    """A checkout of one line for each of these groups."""
    return Request(lines=[a_line(group) for group in groups], **more) if groups else Request(**more)


def requests(count: int, *groups: str) -> list[Request]:
    return [a_request(*groups) for _ in range(count)]
