"""Cart and what it holds, as producers send it and as it is echoed."""

from collections.abc import Iterator, Mapping
from typing import Annotated, ClassVar, Final, Self

from pydantic import (
    BeforeValidator,
    Field,
    StringConstraints,
    ValidationInfo,
    WithJsonSchema,
    field_validator,
    model_validator,
)
from pydantic_core import PydanticCustomError

from contracts.model import JsonObject, TolerantModel
from contracts.scalars import (
    NO_GUID,
    BillingCycle,
    Currency,
    Description,
    Guid,
    ItemId,
    Name,
    Quantity,
    Timestamp,
)

MAX_LINE_ITEMS: Final = 200
"""Line items of a cart, add-ons included, unless the reader sets another limit."""

MAX_LINE_ID: Final = 2_147_483_647
MAX_LINE_ID_LENGTH: Final = 64
_MOST: Final = 100
"""Partners or variables of a line."""


def _line_id(value: object) -> object:
    # Digits of other scripts and superscripts are digits to isdigit() too, hence isascii().
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) <= len(str(MAX_LINE_ID)):
        value = int(value) if int(value) <= MAX_LINE_ID else value
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= MAX_LINE_ID:
        return value
    if isinstance(value, str) and len(value) <= MAX_LINE_ID_LENGTH:
        return value
    raise PydanticCustomError("line_id", "Input should be a 32-bit number from 0 or a short text")


LineId = Annotated[
    int | str,
    BeforeValidator(_line_id),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "integer", "format": "int32", "minimum": 0, "maximum": MAX_LINE_ID},
                {"type": "string", "maxLength": MAX_LINE_ID_LENGTH},
            ]
        }
    ),
]


def _set_id(value: object) -> object:
    # An id that nobody set, as .NET writes it: all such carts would be one.
    return None if value == NO_GUID else value


CartId = Annotated[Guid | None, BeforeValidator(_set_id)]


class RenewsTo(TolerantModel):
    """The term that a trial turns into."""

    term_duration: Name | None = None
    """Whole months or years in ISO 8601, like P1M or P1Y."""


class Participant(TolerantModel):
    """A partner in a role. The same role may occur more than once: this is not a map."""

    key: Name
    """The role, like transaction_reseller; a consumption_reseller stays on the cart, and off the order."""

    value: Name
    """The partner's number."""


class CartError(TolerantModel):
    """Why a line cannot be ordered."""

    error_code: int = 0
    """A `CartErrorCode`; new ones may come."""

    error_description: Description = ""
    """What is wrong, for people. Its wording may change."""

    additional_information: JsonObject | None = None


class CartLineItem(TolerantModel):
    """Something to buy: an item of the catalog, how many, and how it is billed."""

    other_names: ClassVar[Mapping[str, str]] = {"catalogId": "catalogItemId", "addOnItems": "addonItems"}

    id: LineId | None = None
    """A number or a short text, unique in the cart. Absent and repeated ones are numbered by the worker."""

    catalog_item_id: ItemId
    """The item: product, SKU and availability with colons between them."""

    friendly_name: Annotated[str, StringConstraints(max_length=256)] | None = None
    """A name for people; absent: the catalog's title goes on the order."""

    quantity: Quantity
    currency_code: Currency | None = None
    """ISO 4217. May be absent where the item is sold in one currency only."""

    billing_cycle: BillingCycle
    """monthly, annual, none, one_time, triennial or biennial, as the catalog offers; new ones may come."""

    term_duration: Name | None = None
    """Whole months or years in ISO 8601, like P1M or P1Y; absent for what is bought without a term."""

    participants: Annotated[list[Participant], Field(max_length=_MOST, fail_fast=True)] | None = None
    """Key and value pairs; keys may be repeated."""

    provisioning_context: Annotated[dict[str, Description], Field(max_length=_MOST)] | None = None
    """Variables that the catalog item asks for, by name."""

    order_group: Name | None = None
    """Lines of one group become one order. Absent: grouped by billing cycle and currency."""

    addon_items: "list[CartLineItem] | None" = None
    """Lines that belong to this one's group; they have no add-ons of their own."""

    renews_to: RenewsTo | None = None
    attestation_accepted: bool | None = None
    promotion_id: Name | None = None
    custom_term_end_date: Timestamp | None = None
    """ISO 8601 with up to 9 fractional digits, UTC where it names no zone; echoed as it came."""

    partner_id_on_record: Name | None = None
    additional_partner_ids_on_record: (
        Annotated[list[Name], Field(max_length=_MOST, fail_fast=True)] | None
    ) = None
    error: CartError | None = None
    """Set by the worker on a line that cannot be ordered."""

    @field_validator("renews_to", mode="before")
    @classmethod
    def _one_of_a_list(cls, value: object) -> object:
        if not isinstance(value, list):
            return value
        if len(value) > 1:
            raise PydanticCustomError("too_long", "Input should name one renewal term at most")
        return value[0] if value else None

    @field_validator("additional_partner_ids_on_record", mode="before")
    @classmethod
    def _list_of_one(cls, value: object) -> object:
        return [value] if isinstance(value, str) else value

    @field_validator("provisioning_context", mode="before")
    @classmethod
    def _without_absent(cls, value: object) -> object:
        if not isinstance(value, dict):
            return value
        if len(value) > _MOST:
            raise PydanticCustomError(
                "too_long", "Input should have at most {limit} members", {"limit": _MOST}
            )
        if len({key.casefold() for key in value}) < len(value):
            raise PydanticCustomError("key_collision", "Two keys of this object differ in case only")
        # One that is wrong is enough to name.
        wrong = next((key for key, text in value.items() if not isinstance(text, str | None)), None)
        if wrong is not None:
            return {wrong: value[wrong]}
        return {key: text for key, text in value.items() if text is not None}

    @model_validator(mode="after")
    def _one_level_of_add_ons(self) -> Self:
        if self.addon_items and any(addon.addon_items for addon in self.addon_items):
            raise PydanticCustomError("nesting", "An add-on has no add-ons of its own")
        return self

    def with_add_ons(self) -> "tuple[CartLineItem, ...]":
        """This line, then its add-ons."""
        return (self, *self.addon_items) if self.addon_items else (self,)


class Cart(TolerantModel):
    """What a customer is about to buy. All but `lineItems` and the attestation is set by the worker."""

    other_names: ClassVar[Mapping[str, str]] = {
        "creationTimeStamp": "creationTimestamp",
        "lastModifiedTimeStamp": "lastModifiedTimestamp",
        "expirationTimeStamp": "expirationTimestamp",
    }

    # What cart.updated says beside the cart comes back when that is edited and sent again.
    unread: ClassVar[frozenset[str]] = frozenset(
        {
            "customerid",
            "customer_id",
            "cartid",
            "cart_id",
            "cartversion",
            "cart_version",
            "ordererrors",
            "order_errors",
        }
    )

    id: CartId = None
    creation_timestamp: Timestamp | None = None
    """ISO 8601 with up to 9 fractional digits, UTC where it names no zone; echoed as it came."""

    last_modified_timestamp: Timestamp | None = None
    expiration_timestamp: Timestamp | None = None
    """What is not ordered by then is ordered no more.

    Read from a cart that comes along with its first checkout; absent there: 7 days after
    `creationTimestamp`, else 7 days after receipt. A cart made by `cart.update`: always 7 days after receipt.
    Later values are ignored.
    """

    last_modified_user: Description | None = None
    """The user who sent the last applied command by the broker's word, else its source by its own."""

    status: Name | None = None
    """Active until every group has an order, then Ordered. New ones may come."""

    line_items: Annotated[list[CartLineItem], Field(min_length=1)]
    """200 at most, add-ons included, unless the worker is set up otherwise."""

    partner_on_record_attestation_accepted: bool | None = None
    links: JsonObject | None = None
    attributes: JsonObject | None = None

    @field_validator("line_items", mode="before")
    @classmethod
    def _not_too_many(cls, value: object, info: ValidationInfo) -> object:
        limit = (info.context or {}).get("max_line_items", MAX_LINE_ITEMS)
        if isinstance(value, list) and (len(value) > limit or sum(map(_count, value)) > limit):
            raise PydanticCustomError(
                "too_long", "Input should have at most {limit} line items, add-ons included", {"limit": limit}
            )
        return value

    def all_lines(self) -> Iterator[CartLineItem]:
        """Every line with its add-ons after it."""
        for line in self.line_items:
            yield from line.with_add_ons()


def _count(line: object) -> int:
    if isinstance(line, CartLineItem):
        return 1 + len(line.addon_items or ())
    if not isinstance(line, dict):
        return 1
    lists = [(key, value) for key, value in line.items() if isinstance(value, list)]
    addons = [value for key, value in lists if CartLineItem.member(key) == "addonItems"]
    return 1 + sum(sum(map(_count, value)) for value in addons)
