"""From a group of lines to an order in its published shape."""

from collections.abc import Iterator
from datetime import datetime
from functools import lru_cache
from typing import Final

from babel.numbers import get_currency_symbol
from uuid_utils import UUID, uuid5

from contracts.cart import CartLineItem
from contracts.order import Link, Order, OrderLineItem, OrderLineItemLinks, OrderLinks
from contracts.scalars import timestamp
from worker.checkout import partners
from worker.checkout.catalog import Catalog, CatalogItem
from worker.checkout.grouping import Group
from worker.checkout.provisioning import parent_subscription

_ORDERS: Final = UUID("0d6f5e0b-6c50-5c34-8f5e-5b0a9a2d7c21")
_CATALOG_ITEM_PARTS: Final = 3


def make_order(group: Group, *, customer_id: str, cart_id: str, catalog: Catalog, created: datetime) -> Order:
    """The order of a group that passed all rules.

    Its id follows from customer, cart and group: whoever makes this order again makes the same one.
    122 bits of a hash do not collide at a billion orders.
    """
    order_id = str(uuid5(_ORDERS, f"{customer_id}\n{cart_id}\n{group.name}"))
    currency = group.lines[0].currency_code or catalog.default_currency
    return Order(
        id=order_id,
        alternate_id=order_id,
        reference_customer_id=customer_id,
        billing_cycle=group.lines[0].billing_cycle,
        currency_code=currency,
        currency_symbol=_currency_symbol(currency),
        line_items=list(_order_lines(group, catalog)),
        creation_date=timestamp(created),
        links=_order_links(customer_id, order_id),
    )


@lru_cache(maxsize=16_384)
def _currency_symbol(currency: str) -> str:
    """As it is written where no country is at home: US$ (so does Partner Center since 2023), not a bare $."""
    return get_currency_symbol(currency, locale="en_001")


def _order_links(customer_id: str, order_id: str) -> OrderLinks:
    uri = f"/customers/{customer_id}/orders/{order_id}"
    return OrderLinks(
        self=Link(uri=uri),
        provisioning_status=Link(uri=f"{uri}/provisioningstatus"),
        patch_operation=Link(uri=uri, method="PATCH"),
    )


def _order_lines(group: Group, catalog: Catalog) -> Iterator[OrderLineItem]:
    number = 0
    for base in group.lines:
        base_number, item = number, catalog.find(base.catalog_item_id)
        yield _order_line(base, item, number, _number_of_base(base, item, group))
        for addon in base.addon_items or ():
            number += 1
            yield _order_line(addon, catalog.find(addon.catalog_item_id), number, base_number)
        number += 1


def _number_of_base(line: CartLineItem, item: CatalogItem | None, group: Group) -> int | None:
    """For an add-on that stands beside its base, not in it: the first line that can be its base."""
    if item is None or not item.is_addon or parent_subscription(line) is not None:
        return None
    numbered = enumerate(group.all_lines)
    return next((number for number, each in numbered if each.catalog_item_id in item.prerequisites), None)


def _order_line(
    line: CartLineItem, item: CatalogItem | None, number: int, base_number: int | None
) -> OrderLineItem:
    return OrderLineItem(
        line_item_number=number,
        parent_line_item_number=base_number,
        offer_id=line.catalog_item_id,
        parent_subscription_id=parent_subscription(line),
        term_duration=line.term_duration,
        friendly_name=line.friendly_name or (item.title if item else None),
        quantity=line.quantity,
        custom_term_end_date=line.custom_term_end_date,
        partner_id_on_record=next(iter(partners.on_record(line)), None),
        additional_partner_ids_on_record=partners.additional_on_record(line) or None,
        provisioning_context=_provisioning_context(line),
        renews_to=line.renews_to if line.renews_to and line.renews_to.term_duration else None,
        attestation_accepted=line.attestation_accepted,
        promotion_id=line.promotion_id,
        links=_line_links(line.catalog_item_id),
    )


def _provisioning_context(line: CartLineItem) -> dict[str, str] | None:
    """With keys in camelCase, as Partner Center echoes them."""
    context = line.provisioning_context
    return {key[:1].lower() + key[1:]: value for key, value in context.items()} if context else None


@lru_cache(maxsize=16_384)
def _line_links(catalog_item_id: str) -> OrderLineItemLinks:
    """Ids like product:sku:availability name three resources; other ids name none that could be linked."""
    parts = catalog_item_id.split(":")
    if len(parts) != _CATALOG_ITEM_PARTS:
        return OrderLineItemLinks()
    product, sku, availability = parts
    product_uri = f"/products/{product}"
    return OrderLineItemLinks(
        product=Link(uri=product_uri),
        sku=Link(uri=f"{product_uri}/skus/{sku}"),
        availability=Link(uri=f"{product_uri}/skus/{sku}/availabilities/{availability}"),
    )
