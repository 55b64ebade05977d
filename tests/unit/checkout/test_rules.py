"""Each rule alone: what it refuses, with which code on the line and which on the group."""

from typing import Any

import pytest

from contracts.cart import Cart
from tests.builders import (
    ITEM,
    a_cart,
    a_catalog,
    a_catalog_item,
    a_line,
    an_open_catalog,
    the_group,
    without,
)
from worker.checkout.catalog import Catalog
from worker.checkout.rules import Judgement, judge


def judged(
    line: dict[str, Any], catalog: Catalog, *others: dict[str, Any], expired: str | None = None
) -> Judgement:
    """The judgement on the group of the first line."""
    cart = Cart.model_validate(a_cart(a_line(id=0) | line, *others))
    return judge(the_group(cart, catalog), catalog, expired=expired)


def codes_of(judgement: Judgement) -> tuple[dict[int | str, int], int | None]:
    lines = {line_id: error.error_code for line_id, error in judgement.line_errors.items()}
    return lines, judgement.error.code if judgement.error else None


REFUSED = [
    ({"catalogItemId": "unheard-of"}, {}, 10001, 400019, "unheard-of is not in the catalog"),
    ({}, {"on_sale": False}, 10001, 800020, f"{ITEM} is not on sale"),
    (
        {"quantity": 2},
        {"minimum_quantity": 3},
        10010,
        800017,
        f"{ITEM} is sold in quantities of 3 to 1000, not 2",
    ),
    ({"quantity": 1001}, {}, 10010, 800017, f"{ITEM} is sold in quantities of 1 to 1000, not 1001"),
    ({"billingCycle": "none"}, {}, 10013, 900269, f"{ITEM} is billed monthly, annual, not none"),
    (
        {"billingCycle": "weekly"},
        {"billing_cycles": ("weekly",)},
        10013,
        900269,
        f"{ITEM} is billed weekly, not weekly",
    ),
    (
        {"billingCycle": "annual", "termDuration": "P1M"},
        {},
        10010,
        900270,
        "Billing annual is longer than the term P1M",
    ),
    ({"termDuration": "P3Y"}, {}, 10010, 800121, f"{ITEM} has the terms P1M, P1Y, not P3Y"),
    ({"termDuration": "forever"}, {}, 10010, 800121, "forever is not a term like P1M or P1Y"),
    (
        {"termDuration": "P1D"},
        {"terms": ("P1D",)},
        10010,
        800121,
        "P1D is not a term like P1M or P1Y",
    ),
    ({"termDuration": ""}, {}, 10010, 800121, f"{ITEM} has the terms P1M, P1Y, not none"),
    ({}, {"terms": ()}, 10010, 800121, f"{ITEM} has the terms none, not P1Y"),
    (
        {"renewsTo": {"termDuration": "soon"}},
        {},
        10010,
        800121,
        "soon is not a renewal term like P1M or P1Y",
    ),
    ({"currencyCode": "JPY"}, {}, 10000, 900169, f"{ITEM} costs USD, EUR, not JPY"),
    ({"currencyCode": None}, {}, 10000, 900169, f"{ITEM} costs USD, EUR: name the currency"),
]


@pytest.mark.parametrize(("line", "item", "line_code", "group_code", "why"), REFUSED, ids=range(len(REFUSED)))
def test_a_rule_gives_the_line_and_its_group_their_codes(
    line: dict[str, Any], item: dict[str, Any], line_code: int, group_code: int, why: str
) -> None:
    judgement = judged(line, a_catalog(a_catalog_item(**item)))

    assert codes_of(judgement) == ({0: line_code}, group_code)
    assert judgement.line_errors[0].error_description == why
    assert judgement.error is not None
    assert (judgement.error.order_group_id, judgement.error.description) == ("0", why)


ACCEPTED: list[tuple[dict[str, Any], dict[str, Any]]] = [
    ({}, {}),
    ({"quantity": 1000}, {}),
    ({"quantity": 3}, {"minimum_quantity": 3, "maximum_quantity": 3}),
    ({"billingCycle": "annual", "termDuration": "P12M"}, {"terms": ("P12M",)}),
    (
        {"billingCycle": "triennial", "termDuration": "P3Y"},
        {"billing_cycles": ("triennial",), "terms": ("P3Y",)},
    ),
    ({"billingCycle": "one_time", "termDuration": None}, {"billing_cycles": ("one_time",), "terms": ()}),
    ({"termDuration": ""}, {"terms": ("", "P1Y")}),
    ({"renewsTo": {"termDuration": "P1M"}}, {}),
    ({"renewsTo": {}}, {}),
    ({"currencyCode": None}, {"currencies": ("EUR",)}),
    ({"currencyCode": "eur"}, {}),
]


@pytest.mark.parametrize(("line", "item"), ACCEPTED, ids=range(len(ACCEPTED)))
def test_what_is_offered_passes(line: dict[str, Any], item: dict[str, Any]) -> None:
    assert codes_of(judged(line, a_catalog(a_catalog_item(**item)))) == ({}, None)


OPEN: list[tuple[dict[str, Any], dict[int | str, int], int | None]] = [
    ({"catalogItemId": "unheard-of", "quantity": 2_147_483_647}, {}, None),
    ({"catalogItemId": "unheard-of", "currencyCode": "XTS", "termDuration": "P7M"}, {}, None),
    ({"catalogItemId": "unheard-of", "termDuration": None}, {}, None),
    ({"catalogItemId": "unheard-of", "billingCycle": "weekly"}, {0: 10013}, 900269),
    ({"catalogItemId": "unheard-of", "billingCycle": "triennial"}, {0: 10010}, 900270),
    ({"catalogItemId": "unheard-of", "termDuration": "soon"}, {0: 10010}, 800121),
    ({"catalogItemId": "unheard-of", "renewsTo": {"termDuration": "soon"}}, {0: 10010}, 800121),
    ({"quantity": 1001}, {0: 10010}, 800017),
]


@pytest.mark.parametrize(("line", "lines", "group"), OPEN, ids=range(len(OPEN)))
def test_an_open_catalog_checks_of_unknown_items_only_what_needs_no_catalog(
    line: dict[str, Any], lines: dict[int | str, int], group: int | None
) -> None:
    assert codes_of(judged(line, a_catalog(a_catalog_item(), is_open=True))) == (lines, group)


def test_an_expired_cart_fails_the_group_and_no_line() -> None:
    judgement = judged({}, a_catalog(), expired="2026-03-01T00:00:00Z")

    assert codes_of(judgement) == ({}, 800008)
    assert judgement.error is not None
    assert judgement.error.description == "The cart expired at 2026-03-01T00:00:00Z; make a new one"


@pytest.mark.parametrize(
    ("other", "mixed"),
    [
        ({"billingCycle": "annual"}, "annual and monthly"),
        ({"currencyCode": "EUR"}, "EUR and USD"),
        ({"billingCycle": "annual", "currencyCode": "EUR"}, "annual and monthly"),
    ],
    ids=range(3),
)
def test_a_group_that_mixes_cycles_or_currencies_fails_without_a_bad_line(
    other: dict[str, Any], mixed: str
) -> None:
    judgement = judged(
        {"orderGroup": "g"}, a_catalog(), a_line(orderGroup="g", **(without(a_line(), *other) | other))
    )

    assert codes_of(judgement) == ({}, 800085)
    assert judgement.error is not None
    assert judgement.error.description == f"One order cannot hold {mixed}: split the group"


@pytest.mark.parametrize("other", [{"billingCycle": "annual"}, {"currencyCode": "EUR"}], ids=range(2))
def test_an_add_on_of_another_cycle_or_currency_mixes_its_group(other: dict[str, Any]) -> None:
    assert codes_of(judged({"addonItems": [a_line() | other]}, a_catalog())) == ({}, 800085)


def test_an_add_on_is_judged_like_a_line_and_fails_its_group() -> None:
    judgement = judged({"addonItems": [a_line(id="bad", quantity=1001), a_line(id="good")]}, a_catalog())

    assert codes_of(judgement) == ({"bad": 10010}, 800017)


def test_one_rule_alone_speaks_for_a_line_the_first_that_fails() -> None:
    line = {"quantity": 1001, "billingCycle": "none", "termDuration": "soon", "currencyCode": "JPY"}

    assert codes_of(judged(line, a_catalog())) == ({0: 10010}, 800017)


@pytest.mark.parametrize(
    "item",
    [
        {"terms": tuple("P" + "1" * 40 + f"{number:02}" for number in range(50))},
        {"currencies": tuple(f"{number:03}" for number in range(300))},
    ],
    ids=["terms", "currencies"],
)
def test_a_description_is_cut_to_the_length_that_the_contract_states(item: dict[str, Any]) -> None:
    judgement = judged({}, a_catalog(a_catalog_item(**item)))

    assert judgement.error is not None
    assert [len(judgement.line_errors[0].error_description), len(judgement.error.description)] == [1024, 1024]


def test_nothing_is_judged_by_a_catalog_that_is_open_and_empty() -> None:
    assert codes_of(judged({"quantity": 7}, an_open_catalog())) == ({}, None)
