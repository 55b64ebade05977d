"""A checkout as somebody would write it for one message at a time: validate, group, make orders, make rows.

It does less than the worker: the one rule is the quantity, groups are named, and nothing is looked up.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from hashlib import sha256
from importlib.resources import files
from typing import Any, Final, NamedTuple
from uuid import UUID, uuid4

from pydantic_core import to_json

from contracts.cart import CartLineItem
from contracts.catalog import CatalogLine
from contracts.checkout import CheckoutCart
from contracts.codes import OrderErrorCode

SOURCE: Final = "bench"


class Event(NamedTuple):
    """What is published."""

    event_id: UUID
    type: str
    body: bytes

    @property
    def routing_key(self) -> str:
        return f"{self.type}.{SOURCE}"


class MadeOrder(NamedTuple):
    order_id: UUID
    group: str
    content_hash: bytes
    billing_cycle: str
    currency_code: str
    content: dict[str, Any]
    lines: list[CartLineItem]


class GroupError(NamedTuple):
    group: str
    code: int
    description: str


@dataclass(frozen=True, slots=True)
class CheckedOut:
    """What a message led to."""

    message_id: str
    customer_id: UUID
    cart_id: UUID
    at: datetime
    status: str
    cart: str
    event: Event
    orders: Sequence[MadeOrder]
    errors: Sequence[GroupError]


def checked_out(command: CheckoutCart, message_id: str) -> CheckedOut:
    """Order each group that can be ordered."""
    cart = command.cart
    if cart is None or cart.id is None:
        raise ValueError("the bench sends whole carts")
    at = datetime.now(UTC)
    groups: dict[str, list[CartLineItem]] = {}
    for line in cart.line_items:
        groups.setdefault(line.order_group or line.billing_cycle, []).append(line)
    errors = [error for group, lines in groups.items() if (error := _error(group, lines))]
    failed = {error.group for error in errors}
    orders = [
        _order(command.customer_id, group, lines, at)
        for group, lines in groups.items()
        if group not in failed
    ]
    status = "Active" if errors else "Ordered"
    return CheckedOut(
        message_id=message_id,
        customer_id=UUID(command.customer_id),
        cart_id=UUID(cart.id),
        at=at,
        status=status,
        cart=cart.to_json().decode(),
        event=_event(command, status, orders, errors),
        orders=orders,
        errors=errors,
    )


def _error(group: str, lines: Sequence[CartLineItem]) -> GroupError | None:
    most = _most()
    for line in lines:
        if not 1 <= line.quantity <= most.get(line.catalog_item_id, 0):
            return GroupError(group, OrderErrorCode.INVALID_QUANTITY, f"{line.quantity} cannot be ordered")
    return None


@cache
def _most() -> dict[str, int]:
    """The largest quantity of each catalog item."""
    lines = files("worker.demo").joinpath("catalog.ndjson").read_text().splitlines()
    items = map(CatalogLine.model_validate_json, lines)
    return {item.catalog_item_id: item.maximum_quantity for item in items}


def _order(customer_id: str, group: str, lines: list[CartLineItem], at: datetime) -> MadeOrder:
    order_id = uuid4()
    first = lines[0]
    currency = first.currency_code or "USD"
    content = _order_document(str(order_id), customer_id, first.billing_cycle, currency, lines, at)
    asked = to_json([(line.catalog_item_id, line.quantity, line.term_duration) for line in lines])
    return MadeOrder(order_id, group, sha256(asked).digest(), first.billing_cycle, currency, content, lines)


def _order_document(
    order_id: str, customer_id: str, cycle: str, currency: str, lines: list[CartLineItem], at: datetime
) -> dict[str, Any]:
    path = f"/customers/{customer_id}/orders/{order_id}"
    return {
        "id": order_id,
        "alternateId": order_id,
        "referenceCustomerId": customer_id,
        "billingCycle": cycle,
        "currencyCode": currency,
        "currencySymbol": "$",
        "lineItems": [_line_document(number, line) for number, line in enumerate(lines)],
        "creationDate": at.isoformat(),
        "status": "pending",
        "transactionType": "UserPurchase",
        "links": {
            "provisioningStatus": _link(f"{path}/provisioningstatus"),
            "patchOperation": _link(path, "PATCH"),
            "self": _link(path),
        },
        "client": {},
        "attributes": {"objectType": "Order"},
    }


def _line_document(number: int, line: CartLineItem) -> dict[str, Any]:
    product, sku, availability = line.catalog_item_id.split(":")
    return {
        "lineItemNumber": number,
        "offerId": line.catalog_item_id,
        "termDuration": line.term_duration,
        "transactionType": "New",
        "friendlyName": line.friendly_name,
        "quantity": line.quantity,
        "links": {
            "product": _link(f"/products/{product}"),
            "sku": _link(f"/products/{product}/skus/{sku}"),
            "availability": _link(f"/products/{product}/skus/{sku}/availabilities/{availability}"),
        },
        "attributes": {"objectType": "OrderLineItem"},
    }


def _link(uri: str, method: str = "GET") -> dict[str, Any]:
    return {"uri": uri, "method": method, "headers": []}


def _event(
    command: CheckoutCart, status: str, orders: Sequence[MadeOrder], errors: Sequence[GroupError]
) -> Event:
    kind = "completed" if not errors else "partial" if orders else "failed"
    body = {
        "customerId": command.customer_id,
        "cartId": command.named_cart_id,
        "cartVersion": 1,
        "cartStatus": status,
        "orders": [order.content for order in orders],
        "orderErrors": [_error_document(error) for error in errors],
        "attributes": {"objectType": "CartCheckoutResult"},
    }
    return Event(uuid4(), f"checkout.{kind}", to_json(body))


def _error_document(error: GroupError) -> dict[str, Any]:
    return {
        "orderGroupId": error.group,
        "code": error.code,
        "description": error.description,
        "attributes": {"objectType": "OrderError"},
    }
