"""From a group of lines to an order in its published shape, that of `contracts.order`.

Written as plain members: as models they took more than twice as long to make.
"""

from collections.abc import Iterator
from datetime import datetime
from functools import lru_cache
from typing import Any, Final
from urllib.parse import quote

from babel.numbers import get_currency_symbol
from uuid_utils import UUID, uuid5

from contracts.cart import CartLineItem
from contracts.scalars import timestamp
from worker.checkout import partners
from worker.checkout.catalog import Catalog, CatalogItem
from worker.checkout.grouping import Group
from worker.checkout.link import link
from worker.checkout.provisioning import parent_subscription

_ORDERS: Final = UUID("0d6f5e0b-6c50-5c34-8f5e-5b0a9a2d7c21")
_CATALOG_ITEM_PARTS: Final = 3

Document = dict[str, Any]


def make_order(
    group: Group, *, customer_id: str, cart_id: str, catalog: Catalog, created: datetime
) -> Document:
    """The order of a group that passed all rules.

    Its id follows from customer, cart and group: whoever makes this order again makes the same one.
    122 bits of a hash do not collide at a billion orders.
    """
    order_id = str(uuid5(_ORDERS, f"{customer_id}\n{cart_id}\n{group.name}"))
    first = group.lines[0]
    currency = first.currency_code or catalog.default_currency
    return {
        "id": order_id,
        "alternateId": order_id,
        "referenceCustomerId": customer_id,
        "billingCycle": first.billing_cycle,
        "currencyCode": currency,
        "currencySymbol": _currency_symbol(currency),
        "lineItems": list(_order_lines(group, catalog)),
        "creationDate": timestamp(created),
        "status": "pending",
        "transactionType": "UserPurchase",
        "links": _order_links(f"/customers/{customer_id}/orders/{order_id}"),
        "client": {},
        "attributes": {"objectType": "Order"},
    }


@lru_cache(maxsize=16_384)
def _currency_symbol(currency: str) -> str:
    """As it is written where no country is at home: US$ (so does Partner Center since 2023), not a bare $."""
    return get_currency_symbol(currency, locale="en_001")


def _order_links(uri: str) -> Document:
    return {
        "provisioningStatus": link(f"{uri}/provisioningstatus"),
        "patchOperation": link(uri, method="PATCH"),
        "self": link(uri),
    }


def _order_lines(group: Group, catalog: Catalog) -> Iterator[Document]:
    number = 0
    for base in group.lines:
        base_number, item = number, catalog.find(base.catalog_item_id)
        yield _order_line(base, item, number, _number_of_base(base, item, group))
        for addon in base.addon_items or ():
            number += 1
            addon_item = catalog.find(addon.catalog_item_id)
            fits = addon_item is None or not _excludes(addon_item, base)
            parent = base_number if fits else _number_of_base(addon, addon_item, group)
            yield _order_line(addon, addon_item, number, parent)
        number += 1


def _excludes(addon: CatalogItem, base: CartLineItem) -> bool:
    """Whether the catalog knows the bases of an add-on, and this one, in which it stands, is none."""
    return addon.is_addon and bool(addon.prerequisites) and base.catalog_item_id not in addon.prerequisites


def _number_of_base(line: CartLineItem, item: CatalogItem | None, group: Group) -> int | None:
    """For an add-on that stands beside its base, not in it: the first line that can be its base."""
    if item is None or not item.is_addon or parent_subscription(line) is not None:
        return None
    numbered = enumerate(group.all_lines)
    return next((number for number, each in numbered if each.catalog_item_id in item.prerequisites), None)


def _order_line(
    line: CartLineItem, item: CatalogItem | None, number: int, base_number: int | None
) -> Document:
    members = {
        "lineItemNumber": number,
        "parentLineItemNumber": base_number,
        "offerId": line.catalog_item_id,
        "parentSubscriptionId": parent_subscription(line),
        "termDuration": line.term_duration,
        "transactionType": "New",
        "friendlyName": line.friendly_name or (item.title if item else None),
        "quantity": line.quantity,
        "customTermEndDate": line.custom_term_end_date,
        "partnerIdOnRecord": next(iter(partners.on_record(line)), None),
        "additionalPartnerIdsOnRecord": partners.additional_on_record(line) or None,
        "provisioningContext": _provisioning_context(line),
        "renewsTo": _renews_to(line),
        "attestationAccepted": line.attestation_accepted,
        "promotionId": line.promotion_id,
        "links": _line_links(line.catalog_item_id),
        "attributes": {"objectType": "OrderLineItem"},
    }
    return {name: value for name, value in members.items() if value is not None}


def _renews_to(line: CartLineItem) -> Document | None:
    if line.renews_to is None or line.renews_to.term_duration is None:
        return None
    return line.renews_to.model_dump(exclude_none=True)


def _provisioning_context(line: CartLineItem) -> dict[str, str] | None:
    """With keys in camelCase, as Partner Center echoes them; empty values are absent."""
    context = line.provisioning_context or {}
    return {key[:1].lower() + key[1:]: value for key, value in context.items() if value} or None


@lru_cache(maxsize=16_384)
def _line_links(catalog_item_id: str) -> Document:
    """Ids like product:sku:availability name three resources; other ids name none that could be linked."""
    parts = catalog_item_id.split(":")
    if len(parts) != _CATALOG_ITEM_PARTS:
        return {}
    product, sku, availability = (quote(part, safe="") for part in parts)
    product_uri = f"/products/{product}"
    return {
        "product": link(product_uri),
        "sku": link(f"{product_uri}/skus/{sku}"),
        "availability": link(f"{product_uri}/skus/{sku}/availabilities/{availability}"),
    }
