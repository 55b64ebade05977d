"""Order, as it is stored and published."""

from typing import Any

from pydantic import Field

from contracts.cart import RenewsTo
from contracts.model import WireModel
from contracts.scalars import LowerGuid, Moment, Quantity


class Link(WireModel):
    """An address relative to Partner Center's API."""

    uri: str
    method: str = "GET"
    headers: list[dict[str, str]] = Field(default_factory=list)


class OrderLinks(WireModel):
    provisioning_status: Link
    patch_operation: Link
    self: Link


class OrderLineItemLinks(WireModel):
    product: Link | None = None
    sku: Link | None = None
    availability: Link | None = None


class OrderLineItem(WireModel):
    """A line of an order, add-ons included."""

    line_item_number: int
    """Counts from 0 in each order; it is not the cart's line id."""

    parent_line_item_number: int | None = None
    """Of an add-on: the number of its base, where that is in the same order."""

    offer_id: str
    """The catalog item."""

    parent_subscription_id: str | None = None
    """Of an add-on that names it: the subscription that it belongs to."""

    term_duration: str | None = None
    transaction_type: str = "New"
    friendly_name: str | None = None
    quantity: Quantity
    custom_term_end_date: str | None = None
    """As the cart had it: ISO 8601, UTC where it names no zone."""

    partner_id_on_record: str | None = None
    additional_partner_ids_on_record: list[str] | None = None
    provisioning_context: dict[str, str] | None = None
    renews_to: RenewsTo | None = None
    attestation_accepted: bool | None = None
    promotion_id: str | None = None
    links: OrderLineItemLinks
    attributes: dict[str, str] = Field(default_factory=lambda: {"objectType": "OrderLineItem"})


class Order(WireModel):
    """What one order group became: one billing cycle, one currency.

    It does not name its group: tell orders apart by their lines.
    """

    id: LowerGuid
    """The same for this customer, cart and group, whenever it is told."""

    alternate_id: str
    """The same as `id`."""

    reference_customer_id: LowerGuid
    billing_cycle: str
    currency_code: str
    currency_symbol: str
    line_items: list[OrderLineItem]
    creation_date: Moment
    status: str = "pending"
    """Always pending: what becomes of an order later is not told here."""

    transaction_type: str = "UserPurchase"
    links: OrderLinks
    client: dict[str, Any] = Field(default_factory=dict)
    attributes: dict[str, str] = Field(default_factory=lambda: {"objectType": "Order"})
