"""From a group of lines to an order in its published shape."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from functools import lru_cache
from typing import Final
from uuid import UUID, uuid5

from babel.numbers import get_currency_symbol

from contracts.cart import CartLineItem
from contracts.order import Link, Order, OrderLineItem, OrderLineItemLinks, OrderLinks
from contracts.scalars import timestamp
from worker.checkout.catalog import Catalog
from worker.checkout.grouping import Group

_ORDERS: Final = UUID("0d6f5e0b-6c50-5c34-8f5e-5b0a9a2d7c21")
_RESELLER: Final = "transaction_reseller"
_ADDITIONAL_RESELLER: Final = "additional_transaction_reseller"
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
        line_items=list(_order_lines(group.all_lines, catalog)),
        creation_date=timestamp(created),
        links=_order_links(customer_id, order_id),
    )


@lru_cache(maxsize=16_384)
def _currency_symbol(currency: str) -> str:
    return get_currency_symbol(currency, locale="en_US")


def _order_links(customer_id: str, order_id: str) -> OrderLinks:
    uri = f"/customers/{customer_id}/orders/{order_id}"
    return OrderLinks(
        self=Link(uri=uri),
        provisioning_status=Link(uri=f"{uri}/provisioningstatus"),
        patch_operation=Link(uri=uri, method="PATCH"),
    )


def _order_lines(lines: Iterable[CartLineItem], catalog: Catalog) -> Iterator[OrderLineItem]:
    for number, line in enumerate(lines):
        item = catalog.find(line.catalog_item_id)
        yield OrderLineItem(
            line_item_number=number,
            offer_id=line.catalog_item_id,
            term_duration=line.term_duration,
            friendly_name=line.friendly_name or (item.title if item else None),
            quantity=line.quantity,
            custom_term_end_date=line.custom_term_end_date,
            partner_id_on_record=next(_partners(line, _RESELLER), None),
            additional_partner_ids_on_record=_additional_partners(line),
            provisioning_context=line.provisioning_context or None,
            renews_to=line.renews_to,
            attestation_accepted=line.attestation_accepted,
            promotion_id=line.promotion_id,
            links=_line_links(line.catalog_item_id),
        )


def _partners(line: CartLineItem, role: str) -> Iterator[str]:
    return (each.value for each in line.participants or () if each.key.lower() == role)


def _additional_partners(line: CartLineItem) -> list[str] | None:
    return [*_partners(line, _ADDITIONAL_RESELLER), *(line.additional_partner_ids_on_record or ())] or None


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
