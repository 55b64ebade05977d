"""Order, as it is stored and published."""

from typing import Any

from pydantic import Field

from contracts.cart import RenewsTo
from contracts.model import WireModel


class Link(WireModel):
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
    """A line of an order. `lineItemNumber` counts from 0 in each order; it is not the cart's line id.

    An add-on has the number of its base in `parentLineItemNumber` where that is in the same order, and
    `parentSubscriptionId` where it names the subscription that it belongs to.
    """

    line_item_number: int
    parent_line_item_number: int | None = None
    offer_id: str
    parent_subscription_id: str | None = None
    term_duration: str | None = None
    transaction_type: str = "New"
    friendly_name: str | None = None
    quantity: int
    custom_term_end_date: str | None = None
    partner_id_on_record: str | None = None
    additional_partner_ids_on_record: list[str] | None = None
    provisioning_context: dict[str, str] | None = None
    renews_to: RenewsTo | None = None
    attestation_accepted: bool | None = None
    promotion_id: str | None = None
    links: OrderLineItemLinks
    attributes: dict[str, str] = Field(default_factory=lambda: {"objectType": "OrderLineItem"})


class Order(WireModel):
    """What one order group became: one billing cycle, one currency."""

    id: str
    alternate_id: str
    reference_customer_id: str
    billing_cycle: str
    currency_code: str
    currency_symbol: str
    line_items: list[OrderLineItem]
    creation_date: str
    status: str = "pending"
    transaction_type: str = "UserPurchase"
    links: OrderLinks
    client: dict[str, Any] = Field(default_factory=dict)
    attributes: dict[str, str] = Field(default_factory=lambda: {"objectType": "Order"})
