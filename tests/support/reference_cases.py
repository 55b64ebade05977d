"""Carts as Partner Center's clients send them, after its published samples, and what becomes of them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from contracts.catalog import CatalogLine

RESERVATION: Final = "DZH318Z0BQ3Q:0015:DZH318Z0DFPJ"
SOFTWARE: Final = "DG7GMGF0DWTL:0001:DG7GMGF0DSJB"
SAAS: Final = "DZH318Z0BQ4L:0003:DZH318Z0C1JZ"
TRIAL: Final = "DZH318Z0BQ4L:0007:DZH318Z0C2KX"
SEATS: Final = "CFQ7TTC0LH16:0001:CFQ7TTC0K971"
ADDON: Final = "CFQ7TTC0LHXM:0002:CFQ7TTC0KJBV"
HYBRID: Final = "CFQ7TTC0HHS9:0031:CFQ7TTC0R2KL"
SAVINGS_PLAN: Final = "DZH318Z08NVB:0022:DZH318Z09BVG"
LEGACY_AZURE: Final = "MS-AZR-0145P"
LEGACY_BASE: Final = "796b6b5f-613c-4e24-a17c-eba730d49c02"
LEGACY_ADDON: Final = "ad8d37e9-2a0b-4a2c-9b4e-8d0a1f2c3d4e"
SUBSCRIPTION: Final = "3D5ECED9-1111-4222-8333-444455556666"
UNSET: Final = "0001-01-01T00:00:00"

_AZURE_VARIABLES: Final = [
    {"key": "scope", "required": True, "values": ["single", "shared"]},
    {"key": "subscriptionId", "required": True, "values": []},
]


def _item(item: str, cycles: list[str], terms: list[str], **more: Any) -> CatalogLine:
    usual = {
        "catalogItemId": item,
        "title": item,
        "billingCycles": cycles,
        "terms": terms,
        "currencies": ["USD"],
    }
    return CatalogLine.model_validate(usual | more)


CATALOG: Final = (
    _item(RESERVATION, ["one_time", "monthly"], ["P1Y", "P3Y"], provisioningVariables=_AZURE_VARIABLES),
    _item(SOFTWARE, ["one_time"], []),
    _item(SAAS, ["monthly", "annual"], ["P1M", "P1Y"]),
    _item(TRIAL, ["none"], ["P1M"]),
    _item(SEATS, ["monthly", "annual"], ["P1M", "P1Y"]),
    _item(ADDON, ["monthly", "annual"], ["P1M", "P1Y"], isAddon=True, prerequisites=[SEATS]),
    _item(HYBRID, ["monthly"], ["P1M"], enforceAttestation=True),
    _item(SAVINGS_PLAN, ["one_time"], ["P1Y"], maximumQuantity=1, provisioningVariables=_AZURE_VARIABLES),
    _item(LEGACY_AZURE, ["monthly"], ["", "P1Y"]),
    _item(LEGACY_BASE, ["monthly"], []),
    _item(LEGACY_ADDON, ["monthly"], [], isAddon=True, prerequisites=[LEGACY_BASE]),
)


@dataclass(frozen=True, slots=True)
class Case:
    """A cart's lines as sent, the groups that its lines get, add-ons after their base, and members of orders.

    `ordered` has what lines of orders say, by group and number.
    """

    lines: list[dict[str, Any]]
    groups: list[str]
    ordered: Mapping[tuple[str, int], Mapping[str, Any]] = field(default_factory=dict)
    cart: Mapping[str, Any] = field(default_factory=dict)


def _line(item: str, cycle: str, term: str | None = None, **more: Any) -> dict[str, Any]:
    usual = {"catalogItemId": item, "quantity": 1, "billingCycle": cycle, "termDuration": term}
    return {key: value for key, value in (usual | more).items() if value is not None}


def _sdk_line(item: str, cycle: str, term: str, **more: Any) -> dict[str, Any]:
    """A line as the .NET SDK serialises it: every member, most of them null."""
    return {
        "Id": 0,
        "CatalogItemId": item,
        "FriendlyName": None,
        "Quantity": 1,
        "CurrencyCode": None,
        "BillingCycle": cycle,
        "TermDuration": term,
        "Participants": None,
        "ProvisioningContext": None,
        "OrderGroup": None,
        "AddonItems": None,
        "RenewsTo": None,
        "AttestationAccepted": None,
        "PromotionId": None,
        "CustomTermEndDate": None,
        "Error": None,
        "PurchaseSystem": None,
    } | more


_SDK_CART: Final = {
    "CreationTimestamp": UNSET,
    "LastModifiedTimestamp": UNSET,
    "ExpirationTimestamp": UNSET,
    "LastModifiedUser": None,
    "Status": None,
    "PartnerOnRecordAttestationAccepted": True,
    "Links": None,
    "Attributes": {"ObjectType": "Cart"},
}
_LEGACY_ADDONS: Final = [_line(LEGACY_ADDON, "monthly", quantity=2)] * 2
_RESERVED: Final = {"scope": "single", "subscriptionId": SUBSCRIPTION}
_RESELLERS: Final = [
    {"key": "transaction_reseller", "value": "5357564"},
    {"key": "additional_transaction_reseller", "value": "517285"},
    {"key": "additional_transaction_reseller", "value": "5357570"},
]

CASES: Final[Mapping[str, Case]] = {
    "pascal-case-keys": Case(
        [{"CatalogItemId": SEATS, "Quantity": 3, "BillingCycle": "Monthly", "TermDuration": "P1M"}],
        ["0"],
        {("0", 0): {"offerId": SEATS, "quantity": 3, "termDuration": "P1M"}},
    ),
    "sdk-body-of-nulls-zero-ids-and-unset-dates": Case(
        [
            _sdk_line(SEATS, "Monthly", "P1M"),
            _sdk_line(SAAS, "Annual", "P1Y"),
            _sdk_line(SEATS, "Monthly", "P1Y"),
        ],
        ["0", "1", "0"],
        {("0", 1): {"offerId": SEATS, "termDuration": "P1Y"}, ("1", 0): {"offerId": SAAS}},
        _SDK_CART,
    ),
    "names-of-the-request-tables": Case(
        [{"catalogId": SEATS, "quantity": 1, "billingCycle": "monthly", "termDuration": "P1M"}],
        ["0"],
        {("0", 0): {"offerId": SEATS}},
        {"creationTimeStamp": UNSET, "expirationTimeStamp": UNSET},
    ),
    "nested-legacy-add-ons": Case(
        [
            _line(
                LEGACY_BASE,
                "monthly",
                quantity=5,
                addonItems=[_line(LEGACY_ADDON, "monthly", quantity=2)] * 2,
            )
        ],
        ["0", "0", "0"],
        {("0", 0): {"quantity": 5}, ("0", 2): {"offerId": LEGACY_ADDON, "quantity": 2}},
    ),
    "java-spelling-of-add-ons": Case(
        [_line(LEGACY_BASE, "monthly", addOnItems=[_line(LEGACY_ADDON, "monthly")])],
        ["0", "0"],
        {("0", 1): {"offerId": LEGACY_ADDON}},
    ),
    "legacy-add-on-to-an-existing-base": Case(
        [_line(LEGACY_ADDON, "monthly", provisioningContext={"ParentSubscriptionId": SUBSCRIPTION})],
        ["0"],
        {("0", 0): {"provisioningContext": {"parentSubscriptionId": SUBSCRIPTION}}},
    ),
    "flat-new-commerce-add-on": Case(
        [_line(SEATS, "annual", "P1Y", quantity=4), _line(ADDON, "annual", "P1Y", quantity=4)],
        ["0", "0"],
        {("0", 1): {"offerId": ADDON, "quantity": 4}},
    ),
    "resellers-among-the-participants": Case(
        [_line(SEATS, "monthly", "P1M"), _line(SEATS, "monthly", "P1Y", participants=_RESELLERS)],
        ["0", "0"],
        {
            ("0", 1): {
                "partnerIdOnRecord": "5357564",
                "additionalPartnerIdsOnRecord": ["517285", "5357570"],
            }
        },
        {"PartnerOnRecordAttestationAccepted": True},
    ),
    "reservations-and-perpetual-software": Case(
        [
            _line(RESERVATION, "one_time", "P1Y", provisioningContext=_RESERVED),
            _line(RESERVATION, "one_time", "P3Y", provisioningContext=_RESERVED | {"scope": "Shared"}),
            _line(SOFTWARE, "one_time", "", quantity=2),
            _line(LEGACY_AZURE, "monthly", "P1Y"),
        ],
        ["0", "0", "0", "1"],
        {
            ("0", 0): {"termDuration": "P1Y", "provisioningContext": _RESERVED},
            ("0", 2): {"offerId": SOFTWARE, "quantity": 2},
            ("1", 0): {"offerId": LEGACY_AZURE},
        },
    ),
    "trial-that-renews": Case(
        [
            _line(SAAS, "monthly", "P1M"),
            _line(TRIAL, "none", "P1M", renewsTo={"termDuration": "P1Y"}),
            _line(TRIAL, "none", "P1M", renewsTo=[{"termDuration": "P1M"}]),
        ],
        ["0", "1", "1"],
        {
            ("1", 0): {"renewsTo": {"termDuration": "P1Y"}},
            ("1", 1): {"renewsTo": {"termDuration": "P1M"}},
        },
    ),
    "attested-hybrid-benefit": Case(
        [_line(HYBRID, "monthly", "P1M", AttestationAccepted=True)],
        ["0"],
        {("0", 0): {"attestationAccepted": True}},
    ),
    "savings-plan-put-back-with-server-fields": Case(
        [
            _line(
                SAVINGS_PLAN,
                "one_time",
                "P1Y",
                id=0,
                orderGroup="0",
                currencyCode="USD",
                friendlyName="ASmyFriendlyName",
                participants=[],
                provisioningContext={"scope": "shared", "subscriptionId": SUBSCRIPTION},
                purchaseCommitment={"amount": 0.05, "grain": "hourly", "currency": "usd"},
            )
        ],
        ["0"],
        {("0", 0): {"friendlyName": "ASmyFriendlyName"}},
        {
            "creationTimestamp": "2022-08-29T07:19:17.6516862Z",
            "lastModifiedTimestamp": "2022-08-29T07:19:17.6517010Z",
            "expirationTimestamp": "2999-09-05T07:19:17.5963Z",
            "lastModifiedUser": "82fb7b53-9f9b-4e5b-9e3c-0c9a5a7e5a11",
            "status": "Active",
            "links": {"self": {"uri": "/customers/c/carts/d", "method": "GET", "headers": []}},
            "attributes": {"objectType": "Cart"},
        },
    ),
}
