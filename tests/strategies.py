"""Hypothesis strategies: carts as producers send them, catalogs, arbitrary JSON and bytes.

Values come from small pools where meeting again is what matters: items, cycles, currencies, ids, groups.
"""

import operator
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from random import Random
from typing import Any, Final

from hypothesis import strategies as st

from tests.builders import CART, CUSTOMER, ITEM, OTHER_ITEM, a_catalog_item
from worker.checkout.catalog import Catalog, CatalogItem, ProvisioningVariable

ITEMS: Final = (ITEM, OTHER_ITEM, "MS-AZR-0145P")
CYCLES: Final = ("one_time", "monthly", "annual", "none", "weekly")
CURRENCIES: Final = ("USD", "EUR", "JPY")
TERMS: Final = ("P1M", "P1Y", "P3Y", "forever")
PROMOTIONS: Final = ("spring", "autumn")
GROUPS: Final = ("0", "1", "2", "OMS-0", "seats")
_UNKNOWN_KEYS: Final = ("pricing", "purchaseSystem", "x")
# Of a producer's own making: their spelling is data.
_OPAQUE: Final = frozenset({"provisioningContext", *_UNKNOWN_KEYS})

texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=8)
names = st.sampled_from(GROUPS) | texts
json_scalars = (
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | texts
)
json_values = st.recursive(
    json_scalars,
    lambda values: (
        st.lists(values, max_size=3)
        | st.dictionaries(texts, values, max_size=3).filter(
            lambda found: len({*map(str.casefold, found)}) == len(found)
        )
    ),
    max_leaves=8,
)
any_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda values: st.lists(values) | st.dictionaries(st.text(), values),
    max_leaves=12,
)
guids = st.uuids().map(str)


@st.composite
def timestamps(draw: st.DrawFn) -> str:
    """Between 2000 and 2099, with up to 9 fractional digits and any zone or none."""
    moment = draw(st.datetimes(datetime(2000, 1, 2), datetime(2099, 12, 30)))  # noqa: DTZ001 - the zone is drawn
    fraction = draw(st.text("0123456789", max_size=9))
    zone = draw(st.sampled_from(["Z", "z", "", "+00:00", "-05:30", "+14:00"]))
    return f"{moment.isoformat(timespec='seconds')}{'.' * bool(fraction)}{fraction}{zone}"


ROLES: Final = ("transaction_reseller", "Additional_Transaction_Reseller", "consumption_reseller", "reseller")
partners = st.sampled_from("123") | texts
participants = st.fixed_dictionaries({"key": st.sampled_from(ROLES), "value": partners})
_SUBSCRIPTION: Final = "0a1b2c3d-0000-4000-8000-0123456789ab"
subscriptions = st.sampled_from([_SUBSCRIPTION, "", "production"])
provisioning_contexts = st.fixed_dictionaries(
    {},
    optional={
        "scope": st.sampled_from(["single", "Shared", "tenant", ""]),
        "SubscriptionId": subscriptions,
        "parentSubscriptionId": subscriptions,
        "region": texts,
    },
)
month_ends = st.sampled_from(["2026-03-31T00:00:00Z", "2026-12-31T00:00:00.0000000Z", "2027-02-28T23:59:59Z"])
unknown_values = st.sampled_from(
    [0, -2.5, "ü", False, [1, {"deep": None}], {"amount": 0.05, "grain": ["hourly"]}]
)
_OPTIONAL: Final[Mapping[str, st.SearchStrategy[Any]]] = {
    "id": st.none() | st.integers(0, 4) | st.integers(0, 4).map(str) | texts,
    "friendlyName": st.none() | texts,
    "termDuration": st.none() | st.just("") | st.sampled_from(("P1Y", *TERMS)),
    "participants": st.none() | st.lists(participants, max_size=3),
    "provisioningContext": st.none() | provisioning_contexts,
    "orderGroup": st.none() | names,
    "renewsTo": st.none() | st.fixed_dictionaries({"termDuration": st.sampled_from(TERMS)}),
    "attestationAccepted": st.none() | st.booleans(),
    "promotionId": st.none() | st.sampled_from(PROMOTIONS) | texts,
    "customTermEndDate": st.none() | month_ends | timestamps(),
    "partnerIdOnRecord": st.none() | partners,
    "additionalPartnerIdsOnRecord": st.none() | partners | st.lists(partners, max_size=6),
} | dict.fromkeys(_UNKNOWN_KEYS, unknown_values)


@st.composite
def lines(draw: st.DrawFn, *, addons: bool = True) -> dict[str, Any]:
    """A line as a producer may send it; what it asks for need not be on offer."""
    line = draw(
        st.fixed_dictionaries(
            {
                "catalogItemId": st.sampled_from(ITEMS),
                "quantity": st.integers(1, 5) | st.integers(1, 2_147_483_647),
                "billingCycle": st.sampled_from(CYCLES[:2]) | st.sampled_from(CYCLES),
                "currencyCode": st.just("USD") | st.sampled_from(CURRENCIES) | st.none(),
            },
            optional=_OPTIONAL,
        )
    )
    if addons:
        line |= draw(
            st.fixed_dictionaries({}, optional={"addonItems": st.lists(lines(addons=False), max_size=2)})
        )
    return line


def carts() -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries(
        {"id": st.just(CART), "lineItems": st.lists(lines(), min_size=1, max_size=5)},
        optional={
            "creationTimestamp": st.none() | timestamps(),
            "expirationTimestamp": st.none() | st.just("2026-03-21T00:00:00Z") | timestamps(),
            "status": st.none() | st.sampled_from(["Active", "Ordered"]),
            "partnerOnRecordAttestationAccepted": st.none() | st.booleans(),
            "pricing": unknown_values,
        },
    )


def checkouts() -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries({"customerId": st.just(CUSTOMER), "cart": carts()})


provisioning_variables = st.builds(
    ProvisioningVariable,
    st.sampled_from(["Scope", "subscriptionId", "region"]),
    required=st.booleans(),
    values=st.sampled_from([(), ("single", "SHARED")]),
)
seldom = st.integers(0, 9).map(lambda drawn: drawn == 9)


def all_or_some(values: Sequence[str], *, min_size: int = 0) -> st.SearchStrategy[tuple[str, ...]]:
    """All of them mostly: of a line whose item or cycle is not on offer no other rule has a say."""
    some = st.lists(st.sampled_from(values), min_size=min_size, unique=True).map(tuple)
    return seldom.flatmap(lambda drawn: some if drawn else st.just(tuple(values)))


def catalog_items(catalog_item_id: str) -> st.SearchStrategy[CatalogItem]:
    return st.builds(
        a_catalog_item,
        st.just(catalog_item_id),
        on_sale=seldom.map(operator.not_),
        maximum_quantity=seldom.map(lambda few: 3 if few else 2_147_483_647),
        billing_cycles=all_or_some(CYCLES, min_size=1),
        terms=all_or_some(("", "P1M", "P1Y", "P3Y")),
        currencies=all_or_some(CURRENCIES, min_size=1),
        is_addon=seldom,
        prerequisites=st.lists(st.sampled_from(ITEMS), max_size=2).map(tuple),
        provisioning_variables=st.just(()) | st.lists(provisioning_variables, max_size=2).map(tuple),
        enforce_attestation=seldom,
        promotions=st.sampled_from([PROMOTIONS, ()]),
    )


@st.composite
def catalogs(draw: st.DrawFn) -> Catalog:
    listed = draw(all_or_some(ITEMS))
    items = {each: draw(catalog_items(each)) for each in listed}
    return Catalog(items, draw(st.booleans()), draw(st.sampled_from(CURRENCIES)))


_SPELLINGS: Final = (str, str.upper, str.lower, str.title)


def _respelled(document: Any, random: Random) -> Any:
    if isinstance(document, list):
        return [_respelled(each, random) for each in document]
    if not isinstance(document, dict):
        return document
    return {
        key if key in _UNKNOWN_KEYS else random.choice(_SPELLINGS)(key): value
        if key in _OPAQUE
        else _respelled(value, random)
        for key, value in random.sample([*document.items()], len(document))
    }


@st.composite
def respelled(draw: st.DrawFn, document: Mapping[str, Any]) -> dict[str, Any]:
    """The same document with its keys in another order and another case."""
    random = draw(st.randoms(use_true_random=False))
    return {**_respelled(document, random)}


moments = st.datetimes(datetime(2000, 1, 1), datetime(2099, 12, 31), timezones=st.just(UTC))  # noqa: DTZ001
