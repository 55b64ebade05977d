"""One line of a catalog file (NDJSON): a thing to buy, and how it may be bought."""

from typing import Annotated

from pydantic import Field

from contracts.model import TolerantModel
from contracts.scalars import BillingCycle, Currency, Description, ItemId, Name, Quantity


class ProvisioningVariableLine(TolerantModel):
    """A key of a line's provisioning context; no values listed: any value will do."""

    key: Name
    required: bool = False
    values: list[Description] = []


class CatalogLine(TolerantModel):
    """A catalog item. No terms listed, or an empty one among them: it is bought without a term."""

    catalog_item_id: ItemId
    title: Annotated[str, Field(max_length=256)]
    on_sale: bool = True
    minimum_quantity: Quantity = 1
    maximum_quantity: Quantity = 2_147_483_647
    billing_cycles: Annotated[list[BillingCycle], Field(min_length=1, max_length=20)]
    terms: Annotated[list[Annotated[str, Field(max_length=64)]], Field(max_length=50)] = []
    currencies: Annotated[list[Currency], Field(min_length=1, max_length=300)]
    is_addon: bool = False
    prerequisites: list[ItemId] = []
    provisioning_variables: Annotated[list[ProvisioningVariableLine], Field(max_length=100)] = []
    enforce_attestation: bool = False
    promotions: list[Name] = []
