"""Things that tests start from: valid by default, changed by keyword. Wire bodies are what producers send."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

from aiormq import spec

from contracts.cart import Cart
from contracts.checkout import CheckoutCart
from contracts.order import Order
from contracts.reader import read_checkout, read_update
from contracts.update import UpdateCart
from worker.amqp.delivery import Delivery
from worker.checkout.catalog import Catalog, CatalogItem
from worker.checkout.command import Command, Origin, cart_id_of
from worker.checkout.content import command_hash
from worker.checkout.context import Context
from worker.checkout.decision import Decided, NewOrder
from worker.checkout.grouping import Group, group_lines
from worker.checkout.ordering import make_order
from worker.checkout.situation import ExistingOrder, Situation, StoredCart

CUSTOMER: Final = "0a1b2c3d-0000-4000-8000-0000000000c1"
OTHER_CUSTOMER: Final = "0a1b2c3d-0000-4000-8000-0000000000c2"
CART: Final = "0a1b2c3d-0000-4000-8000-0000000000ca"
OTHER_CART: Final = "0a1b2c3d-0000-4000-8000-0000000000cb"
ITEM: Final = "DZH318Z0BPS6:0001:DZH318Z0BMTX"
OTHER_ITEM: Final = "CFQ7TTC0LH18:0001:CFQ7TTC0K971"
NOW: Final = datetime(2026, 3, 14, 9, 26, 53, 589793, tzinfo=UTC)


def a_line(**members: Any) -> dict[str, Any]:
    return {
        "catalogItemId": ITEM,
        "quantity": 1,
        "currencyCode": "USD",
        "billingCycle": "monthly",
        "termDuration": "P1Y",
    } | members


def a_cart(*lines: Mapping[str, Any], **members: Any) -> dict[str, Any]:
    return {"id": CART, "lineItems": list(lines) or [a_line()]} | members


def a_checkout(cart: Mapping[str, Any] | None = None, /, **members: Any) -> dict[str, Any]:
    return {"customerId": CUSTOMER, "cart": cart or a_cart()} | members


def an_update(cart: Mapping[str, Any] | None = None, /, **members: Any) -> dict[str, Any]:
    return {"customerId": CUSTOMER, "cartId": CART, "cart": cart or a_cart()} | members


def a_checkout_by_reference(**members: Any) -> dict[str, Any]:
    return {"customerId": CUSTOMER, "cartId": CART} | members


def as_body(document: object) -> bytes:
    return json.dumps(document).encode()


def without(document: Mapping[str, Any], *keys: str) -> dict[str, Any]:
    return {key: value for key, value in document.items() if key not in keys}


def an_origin(**members: Any) -> Origin:
    return Origin(**{"source": "storefront-eu", "correlation_id": "correlation-1"} | members)


def a_command(
    checkout: Mapping[str, Any] | None = None,
    *,
    message_id: str = "message-1",
    asked: datetime = NOW,
    received: datetime = NOW,
    origin: Origin | None = None,
) -> Command:
    body = read_checkout(as_body(a_checkout() if checkout is None else checkout))
    return _command(body, message_id, asked, received, origin)


def an_update_command(
    update: Mapping[str, Any] | None = None,
    *,
    message_id: str = "message-1",
    asked: datetime = NOW,
    received: datetime = NOW,
    origin: Origin | None = None,
) -> Command:
    body = read_update(as_body(an_update() if update is None else update))
    return _command(body, message_id, asked, received, origin)


def _command(
    body: CheckoutCart | UpdateCart,
    message_id: str,
    asked: datetime,
    received: datetime,
    origin: Origin | None,
) -> Command:
    return Command(
        message_id=message_id,
        content_hash=command_hash(body),
        body=body,
        cart_id=cart_id_of(body, message_id),
        asked=asked,
        received=received,
        origin=origin or an_origin(),
        user="storefront-eu",
    )


def a_catalog_item(catalog_item_id: str = ITEM, **members: Any) -> CatalogItem:
    fields: dict[str, Any] = {
        "title": "Seats",
        "on_sale": True,
        "minimum_quantity": 1,
        "maximum_quantity": 1000,
        "billing_cycles": ("monthly", "annual"),
        "terms": ("P1M", "P1Y"),
        "currencies": ("USD", "EUR"),
    }
    return CatalogItem(catalog_item_id, **fields | members)


def a_catalog(*items: CatalogItem, is_open: bool = False, default_currency: str = "USD") -> Catalog:
    listed = items or (a_catalog_item(), a_catalog_item(OTHER_ITEM))
    return Catalog({item.catalog_item_id: item for item in listed}, is_open, default_currency)


def an_open_catalog(default_currency: str = "USD") -> Catalog:
    return Catalog({}, is_open=True, default_currency=default_currency)


def a_delivery(
    body: bytes | None = None,
    *,
    queue: str = "cart.checkout",
    routing_key: str = "cart.checkout",
    redelivered: bool = False,
    received: datetime = NOW,
    **properties: Any,
) -> Delivery:
    return Delivery(
        body=as_body(a_checkout()) if body is None else body,
        properties=spec.Basic.Properties(**properties),
        exchange="cart.commands",
        routing_key=routing_key,
        queue=queue,
        tag=1,
        redelivered=redelivered,
        received=received,
    )


def a_situation_after(decided: Decided, before: Situation | None = None) -> Situation:
    """What is stored once a decision was committed."""
    before = before or Situation()
    change = decided.cart
    cart = (
        StoredCart(
            change.version,
            change.content,
            change.group_numbers,
            change.currencies,
            change.addon_groups,
            change.content_asked,
            change.shown_errors,
        )
        if change
        else before.cart
    )
    made = {each.group: ExistingOrder(each.content_hash, the_order(each)) for each in decided.orders}
    return Situation(cart, {**before.orders, **made})


def an_order(catalog: Catalog | None = None) -> Order:
    catalog = catalog or an_open_catalog()
    group = the_group(Cart.model_validate(a_cart()), catalog)
    members = make_order(group, customer_id=CUSTOMER, cart_id=CART, catalog=catalog, created=NOW)
    return Order.model_validate(members)


def the_order(made: NewOrder) -> Order:
    """A new order as the contract reads it."""
    return Order.model_validate_json(made.content)


def ordered_groups(*names: str) -> dict[str, ExistingOrder]:
    """Orders that these groups of a cart have already."""
    return {name: ExistingOrder(bytes(32), an_order()) for name in names}


def the_group(cart: Cart, catalog: Catalog) -> Group:
    """The group of a cart's first line, populated."""
    return group_lines(cart, Situation(), catalog).groups[0]


def a_context(
    cart: Cart, catalog: Catalog, *, asked: datetime = NOW, owned: Mapping[str, int] | None = None
) -> Context:
    """What the rules look at beside a line of this cart."""
    return Context.of(cart, cart.line_items, owned=owned or {}, catalog=catalog, asked=asked)
