"""What every rule refuses, with the codes on the line and on the group."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from tests.builders import ITEM, OTHER_ITEM, a_line
from worker.checkout.catalog import ProvisioningVariable

BASE: Final = "base"
"""An item that is no add-on."""


@dataclass(frozen=True, slots=True)
class Case:
    """How a line of ITEM, and ITEM in the catalog, differ from the usual; what stands beside the line."""

    why: str
    line: dict[str, Any]
    item: dict[str, Any]
    beside: tuple[dict[str, Any], ...]


@dataclass(frozen=True, slots=True)
class Refusal:
    """A case that breaks the rule `what`, and the codes that this leads to."""

    what: str
    line_code: int | None
    group_code: int
    case: Case


def case(why: str, *beside: dict[str, Any], line: dict[str, Any] | None = None, **item: Any) -> Case:
    return Case(why, line or {}, item, beside)


def refused(what: str, line_code: int | None, group_code: int, *cases: Case) -> Iterator[Refusal]:
    return (Refusal(what, line_code, group_code, each) for each in cases)


def participants(role: str, *partners: str) -> dict[str, Any]:
    return {"participants": [{"key": role, "value": partner} for partner in partners]}


def provisioned(**context: str) -> dict[str, Any]:
    return {"provisioningContext": context}


def variable(key: str, *values: str, required: bool = False) -> tuple[ProvisioningVariable, ...]:
    return (ProvisioningVariable(key, required=required, values=values),)


def ending(date: str, **members: Any) -> dict[str, Any]:
    return {"customTermEndDate": date} | members


RESELLER: Final = participants("Transaction_Reseller", "1")
ADDITIONAL: Final = "additional_transaction_reseller"
_ROLES: Final = f"transaction_reseller, {ADDITIONAL}, consumption_reseller"
_ONE_RESELLER: Final = (
    "A line is sold through one transaction_reseller: name one, and others as additional ones"
)
_SIX: Final = "A line has 5 additional resellers at most, not 6"
_ATTEST: Final = "The partner on record has to attest: partnerOnRecordAttestationAccepted should be true"
_SCOPE: Final = "scope in provisioningContext should be one of single, shared"
_REGION: Final = f"{ITEM} needs in provisioningContext: region"
_GUID: Final = "in provisioningContext should be a GUID like 0a1b2c3d-0000-4000-8000-0123456789ab"
_PARENT: Final = "parentSubscriptionId in provisioningContext"
_END: Final = (
    "customTermEndDate should be the last day of a month, after 2026-03-14 and until 2027-03-14 in UTC"
)
_NO_END: Final = "A line without a term, or of a trial, has no customTermEndDate: leave it out"
_IN_TIME: Final = "2026-12-31T00:00:00Z"

REFUSED: Final = (
    *refused(
        "item unknown",
        10001,
        400019,
        case("unheard-of is not in the catalog", line={"catalogItemId": "unheard-of"}),
    ),
    *refused("item not on sale", 10001, 800020, case(f"{ITEM} is not on sale", on_sale=False)),
    *refused(
        "quantity out of range",
        10010,
        800017,
        case(f"{ITEM} is sold in quantities of 3 to 1000, not 2", line={"quantity": 2}, minimum_quantity=3),
        case(f"{ITEM} is sold in quantities of 1 to 1000, not 1001", line={"quantity": 1001}),
    ),
    *refused(
        "billing cycle not offered",
        10013,
        900269,
        case(f"{ITEM} is billed monthly, annual, not none", line={"billingCycle": "none"}),
        case(
            f"{ITEM} is billed weekly, not weekly",
            line={"billingCycle": "weekly"},
            billing_cycles=("weekly",),
        ),
    ),
    *refused(
        "billing cycle longer than the term",
        10010,
        900270,
        case(
            "Billing annual is longer than the term P1M",
            line={"billingCycle": "annual", "termDuration": "P1M"},
        ),
    ),
    *refused(
        "term not offered",
        10010,
        800121,
        case(f"{ITEM} has the terms P1M, P1Y, not P3Y", line={"termDuration": "P3Y"}),
        case("forever is not a term like P1M or P1Y", line={"termDuration": "forever"}),
        case("P1D is not a term like P1M or P1Y", line={"termDuration": "P1D"}, terms=("P1D",)),
        case(f"{ITEM} has the terms P1M, P1Y, not none", line={"termDuration": ""}),
        case(f"{ITEM} has the terms none, not P1Y", terms=()),
    ),
    *refused(
        "renewal term not offered",
        10010,
        800121,
        case("A line renews to P1M, P1Y, not soon", line={"renewsTo": {"termDuration": "soon"}}),
        case(
            "A line renews to P1M, P1Y, not P3Y",
            line={"renewsTo": {"termDuration": "P3Y"}},
            terms=("P1Y", "P3Y"),
        ),
    ),
    *refused(
        "currency not offered",
        10000,
        900169,
        case(f"{ITEM} costs USD, EUR, not JPY", line={"currencyCode": "JPY"}),
        case(f"{ITEM} costs USD, EUR: name the currency", line={"currencyCode": None}),
    ),
    *refused(
        "attestation missing",
        10012,
        900203,
        *(
            case(
                f"{ITEM} needs the customer's attestation: attestationAccepted should be true",
                line={"attestationAccepted": no},
                enforce_attestation=True,
            )
            for no in (None, False)
        ),
    ),
    *refused(
        "partner's attestation missing",
        None,
        900206,
        *(
            case(_ATTEST, line=partner | {"attestationAccepted": True}, enforce_attestation=True)
            for partner in (RESELLER, {"partnerIdOnRecord": "1"})
        ),
    ),
    *refused(
        "promotion unknown",
        10014,
        27007,
        case(
            f"{ITEM} has the promotions spring, autumn, not winter",
            line={"promotionId": "winter"},
            promotions=("spring", "autumn"),
        ),
        case(f"{ITEM} has the promotions none, not winter", line={"promotionId": "winter"}),
    ),
    *refused(
        "participants: role or number",
        10004,
        800016,
        case(f"A participant is one of {_ROLES}, not reseller", line=participants("reseller", "1")),
        case(_ONE_RESELLER, line=participants("transaction_reseller", "1", "2")),
        case(_ONE_RESELLER, line=RESELLER | {"partnerIdOnRecord": "2"}),
        case(_SIX, line=participants(ADDITIONAL, *"123456")),
        case(_SIX, line=participants(ADDITIONAL, *"1234") | {"additionalPartnerIdsOnRecord": [*"456"]}),
        case(_SIX, line={"additionalPartnerIdsOnRecord": [*"123456"]}),
    ),
    *refused(
        "provisioning value not offered",
        10010,
        900312,
        case(_SCOPE, line=provisioned(Scope="tenant")),
        case(_SCOPE, line=provisioned(scope="tenant"), provisioning_variables=variable("scope")),
        case(
            "Scope in provisioningContext should be one of tenant",
            line=provisioned(scope="single"),
            provisioning_variables=variable("Scope", "tenant"),
        ),
        case(
            "duration in provisioningContext should be one of 1Year, 3Year",
            line=provisioned(Duration="2Year"),
            provisioning_variables=variable("duration", "1Year", "3Year"),
        ),
    ),
    *refused(
        "provisioning variable missing",
        10010,
        900317,
        *(
            case(
                _REGION,
                line={"provisioningContext": context},
                provisioning_variables=variable("region", required=True),
            )
            for context in (None, {"other": "value"}, {"Region": ""})
        ),
        *(
            case(f"{key} {_GUID}", line=provisioned(**{key.upper(): "production"}))
            for key in ("subscriptionId", "entitlementId", "parentSubscriptionId")
        ),
    ),
    *refused(
        "custom term end date",
        10017,
        900242,
        *(
            case(_END, line=ending(end))
            for end in (
                "2026-02-28T00:00:00Z",
                "2027-03-31T00:00:00Z",
                "2026-12-30T00:00:00Z",
                "2026-12-31T23:00:00-02:00",
            )
        ),
        case(_NO_END, line=ending(_IN_TIME, termDuration=""), terms=()),
        case(_NO_END, line=ending(_IN_TIME, billingCycle="none"), billing_cycles=("none",)),
        case(_NO_END, line=ending(_IN_TIME, renewsTo={"termDuration": "P1Y"})),
    ),
    *refused(
        "add-on without its base",
        400041,
        800009,
        case(
            f"{ITEM} is an add-on: buy it with or after one of one, two, or name {_PARENT}",
            is_addon=True,
            prerequisites=("one", "two"),
        ),
    ),
    *refused(
        "seats of the base too few",
        10018,
        800009,
        case(
            f"{ITEM} is an add-on to 3 seats of its bases: 4 are too many",
            a_line(id="base", catalogItemId=BASE, quantity=3),
            line={"quantity": 4},
            is_addon=True,
            prerequisites=("one", BASE),
        ),
    ),
    *refused(
        "group mixes billing cycles or currencies",
        None,
        800085,
        *(
            case(
                f"One order cannot hold {mixed}: give these lines different order groups, or none",
                a_line(id="beside", catalogItemId=OTHER_ITEM, **other),
            )
            for mixed, other in (
                ("annual and monthly", {"billingCycle": "annual"}),
                ("EUR and USD", {"currencyCode": "EUR"}),
                ("annual and monthly", {"billingCycle": "annual", "currencyCode": "EUR"}),
            )
        ),
    ),
    *refused(
        "stored line in error",
        None,
        800009,
        case(
            f"The stored line of {ITEM} is in error 10002: update the cart",
            line={"error": {"errorCode": 10002, "errorDescription": "No quota"}},
        ),
    ),
)
