"""Hypothesis strategies: carts as producers send them, catalogs, arbitrary JSON and bytes.

Values come from small pools where meeting again is what matters: items, cycles, currencies, ids, groups.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from random import Random
from typing import Any, Final

from hypothesis import strategies as st

from tests.builders import CART, CUSTOMER, ITEM, OTHER_ITEM, a_catalog_item
from worker.checkout.catalog import Catalog, CatalogItem

ITEMS: Final = (ITEM, OTHER_ITEM, "MS-AZR-0145P")
CYCLES: Final = ("monthly", "annual", "one_time", "none", "weekly")
CURRENCIES: Final = ("USD", "EUR", "JPY")
TERMS: Final = ("P1M", "P1Y", "P3Y", "forever")
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
    """Between 2000 and 2099, with up to 7 fractional digits and any zone or none."""
    moment = draw(st.datetimes(datetime(2000, 1, 2), datetime(2099, 12, 30)))  # noqa: DTZ001 - the zone is drawn
    fraction = draw(st.text("0123456789", max_size=7))
    zone = draw(st.sampled_from(["Z", "z", "", "+00:00", "-05:30", "+14:00"]))
    return f"{moment.isoformat(timespec='seconds')}{'.' * bool(fraction)}{fraction}{zone}"


participants = st.fixed_dictionaries(
    {"key": st.sampled_from(["transaction_reseller", "additional_transaction_reseller"]), "value": texts}
)
unknown_values = st.sampled_from(
    [0, -2.5, "ü", False, [1, {"deep": None}], {"amount": 0.05, "grain": ["hourly"]}]
)
_OPTIONAL: Final[Mapping[str, st.SearchStrategy[Any]]] = {
    "id": st.none() | st.integers(0, 4) | st.integers(0, 4).map(str) | texts,
    "friendlyName": st.none() | texts,
    "currencyCode": st.none() | st.sampled_from(CURRENCIES),
    "termDuration": st.none() | st.just("") | st.sampled_from(TERMS),
    "participants": st.none() | st.lists(participants, max_size=3),
    "provisioningContext": st.none() | st.dictionaries(st.sampled_from(["scope", "subscriptionId"]), texts),
    "orderGroup": st.none() | names,
    "renewsTo": st.none() | st.fixed_dictionaries({"termDuration": st.sampled_from(TERMS)}),
    "attestationAccepted": st.none() | st.booleans(),
    "promotionId": st.none() | texts,
    "customTermEndDate": st.none() | timestamps(),
    "additionalPartnerIdsOnRecord": st.none() | texts | st.lists(texts, max_size=2),
} | dict.fromkeys(_UNKNOWN_KEYS, unknown_values)


@st.composite
def lines(draw: st.DrawFn, *, addons: bool = True) -> dict[str, Any]:
    """A line as a producer may send it; what it asks for need not be on offer."""
    line = draw(
        st.fixed_dictionaries(
            {
                "catalogItemId": st.sampled_from(ITEMS),
                "quantity": st.integers(1, 5) | st.integers(1, 2_147_483_647),
                "billingCycle": st.sampled_from(CYCLES),
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
            "creationTimestamp": timestamps(),
            "expirationTimestamp": timestamps(),
            "status": st.none() | st.sampled_from(["Active", "Ordered"]),
            "partnerOnRecordAttestationAccepted": st.none() | st.booleans(),
            "pricing": unknown_values,
        },
    )


def checkouts() -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries({"customerId": st.just(CUSTOMER), "cart": carts()})


def catalog_items(catalog_item_id: str) -> st.SearchStrategy[CatalogItem]:
    return st.builds(
        a_catalog_item,
        st.just(catalog_item_id),
        on_sale=st.integers(0, 4).map(bool),
        maximum_quantity=st.sampled_from([3, 2_147_483_647]),
        billing_cycles=st.lists(st.sampled_from(CYCLES), min_size=1, unique=True).map(tuple),
        terms=st.lists(st.sampled_from(["", "P1M", "P1Y", "P3Y"]), unique=True).map(tuple),
        currencies=st.lists(st.sampled_from(CURRENCIES), min_size=1, unique=True).map(tuple),
    )


@st.composite
def catalogs(draw: st.DrawFn) -> Catalog:
    listed = draw(st.lists(st.sampled_from(ITEMS), unique=True))
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
