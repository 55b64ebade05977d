"""One line of a catalog file (NDJSON): a thing to buy, and how it may be bought."""

from collections.abc import Mapping
from typing import Annotated, ClassVar, Self

from pydantic import AfterValidator, Field, model_validator
from pydantic_core import PydanticCustomError

from contracts.model import TolerantModel
from contracts.scalars import CYCLES, TERM, BillingCycle, Currency, Description, ItemId, Name, Quantity


class ProvisioningVariableLine(TolerantModel):
    """A key of a line's provisioning context; no values listed: any value will do."""

    key: Name
    required: bool = False
    values: list[Description] = []


def _cycle(name: str) -> str:
    if name not in CYCLES:
        raise PydanticCustomError("cycle", "Input should be one of {cycles}", {"cycles": ", ".join(CYCLES)})
    return name


def _term(text: str) -> str:
    if text and not TERM.fullmatch(text):
        raise PydanticCustomError("term", "Input should be a term like P1M or P1Y, or empty")
    return text


Cycle = Annotated[BillingCycle, AfterValidator(_cycle)]
Term = Annotated[str, Field(max_length=64), AfterValidator(_term)]


class CatalogLine(TolerantModel):
    """A catalog item. No terms listed, or an empty one among them: it is bought without a term."""

    other_names: ClassVar[Mapping[str, str]] = {"isAddOn": "isAddon"}

    catalog_item_id: ItemId
    title: Annotated[str, Field(max_length=256)]
    on_sale: bool = True
    minimum_quantity: Quantity = 1
    maximum_quantity: Quantity = 2_147_483_647
    billing_cycles: Annotated[list[Cycle], Field(min_length=1, max_length=20)]
    terms: Annotated[list[Term], Field(max_length=50)] = []
    currencies: Annotated[list[Currency], Field(min_length=1, max_length=300)]
    is_addon: bool = False
    prerequisites: list[ItemId] = []
    provisioning_variables: Annotated[list[ProvisioningVariableLine], Field(max_length=100)] = []
    enforce_attestation: bool = False
    promotions: list[Name] = []

    @model_validator(mode="after")
    def _some_quantity_is_sold(self) -> Self:
        if self.minimum_quantity > self.maximum_quantity:
            raise PydanticCustomError("quantities", "minimumQuantity should be at most maximumQuantity")
        return self
