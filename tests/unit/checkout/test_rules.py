"""Each rule: what it refuses, with which code on the line and which on the group, and what it lets pass."""

from datetime import datetime
from typing import Any

import pytest

from contracts.cart import Cart
from contracts.codes import CartErrorCode, OrderErrorCode
from tests.builders import (
    ITEM,
    OTHER_ITEM,
    a_cart,
    a_catalog,
    a_catalog_item,
    a_checkout,
    a_command,
    a_context,
    a_line,
    an_open_catalog,
    the_group,
)
from tests.unit.checkout.refusals import (
    ADDITIONAL,
    BASE,
    REFUSED,
    RESELLER,
    Refusal,
    ending,
    participants,
    provisioned,
    variable,
)
from worker.checkout.catalog import Catalog
from worker.checkout.decide import decide
from worker.checkout.decision import Decided
from worker.checkout.rules import OUTCOMES, RULES, Judgement, LineRule, judge
from worker.checkout.situation import Situation

A_GUID = "0A1B2C3D-0000-4000-8000-0123456789ab"
OTHER = a_line(id="other", orderGroup="other", catalogItemId=OTHER_ITEM)


def catalog_with(*, is_open: bool = False, **item: Any) -> Catalog:
    listed = a_catalog_item(**item), a_catalog_item(OTHER_ITEM), a_catalog_item(BASE)
    return a_catalog(*listed, is_open=is_open)


def judged(
    line: dict[str, Any],
    catalog: Catalog,
    *others: dict[str, Any],
    expired: str | None = None,
    **members: Any,
) -> Judgement:
    """The judgement on the group of the first line."""
    cart = Cart.model_validate(a_cart(a_line(id=0) | line, *others, **members))
    return judge(the_group(cart, catalog), a_context(cart, catalog), expired=expired)


def codes_of(judgement: Judgement) -> tuple[dict[int | str, int], int | None]:
    lines = {line_id: error.error_code for line_id, error in judgement.line_errors.items()}
    return lines, judgement.error.code if judgement.error else None


def checked_out(catalog: Catalog, *lines: dict[str, Any], **cart: Any) -> Decided:
    decision = decide(a_command(a_checkout(a_cart(*lines, **cart))), Situation(), catalog)
    assert isinstance(decision, Decided)
    return decision


def errors_of(decision: Decided) -> dict[int | str | None, tuple[int, str] | None]:
    assert decision.cart is not None
    return {
        line.id: (line.error.error_code, line.error.error_description) if line.error else None
        for line in decision.cart.content.all_lines()
    }


# An inline cart has no stored errors.
SENT = [refusal for refusal in REFUSED if "error" not in refusal.case.line]


@pytest.mark.parametrize(
    "refusal", SENT, ids=[f"{number}-{refusal.what}" for number, refusal in enumerate(SENT)]
)
def test_a_rule_gives_the_line_and_its_group_their_codes_and_leaves_other_groups_alone(
    refusal: Refusal,
) -> None:
    case = refusal.case
    catalog = catalog_with(**case.item)
    bad = a_line(id="bad") | case.line
    group = [{**each, "orderGroup": "bad"} for each in (bad, *case.beside)]

    decision = checked_out(catalog, OTHER, *group)

    assert decision.orders == checked_out(catalog, OTHER).orders
    assert [(each.order_group_id, each.code, each.description) for each in decision.errors] == [
        ("bad", refusal.group_code, f"Line bad: {case.why}" if refusal.line_code else case.why)
    ]
    on_the_line = (refusal.line_code, case.why) if refusal.line_code else None
    assert errors_of(decision) == {
        **dict.fromkeys(("other", *(each["id"] for each in case.beside))),
        "bad": on_the_line,
    }


def test_every_rule_is_in_the_table_of_what_is_refused_with_its_codes() -> None:
    in_order = {(rule.what, getattr(rule, "line_code", None), rule.group_code): None for rule in RULES}

    assert [*in_order] == [*{(each.what, each.line_code, each.group_code): None for each in REFUSED}]


def test_every_code_has_a_name_in_the_contract_and_every_rule_its_own() -> None:
    on_lines = {rule.line_code for rule in RULES if isinstance(rule, LineRule) and rule.line_code}
    on_groups = {each.group_code for each in (*RULES, *OUTCOMES)}

    assert on_lines <= {*CartErrorCode}
    assert on_groups == {*OrderErrorCode}
    assert len({each.what for each in (*RULES, *OUTCOMES)}) == len(RULES) + len(OUTCOMES)


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
    ({"renewsTo": {"termDuration": "P1Y"}}, {}),
    ({"renewsTo": {}}, {}),
    ({"currencyCode": None}, {"currencies": ("EUR",)}),
    ({"currencyCode": "eur"}, {}),
    ({"attestationAccepted": True}, {"enforce_attestation": True}),
    ({"attestationAccepted": False}, {}),
    (RESELLER, {}),
    (participants(ADDITIONAL, "1") | {"attestationAccepted": True}, {"enforce_attestation": True}),
    ({"promotionId": "spring"}, {"promotions": ("autumn", "spring")}),
    ({"participants": []}, {}),
    (RESELLER | {"partnerIdOnRecord": "1"}, {}),
    (participants("TRANSACTION_RESELLER", "1", "1"), {}),
    (participants("Consumption_Reseller", *"123456"), {}),
    (participants(ADDITIONAL, *"123451") | {"additionalPartnerIdsOnRecord": [*"54321"]}, {}),
    (provisioned(scope="single"), {}),
    (provisioned(SCOPE="Shared"), {"provisioning_variables": variable("scope", required=True)}),
    (provisioned(scope="Tenant"), {"provisioning_variables": variable("Scope", "tenant", "group")}),
    (provisioned(scope=""), {"provisioning_variables": variable("scope", "tenant")}),
    (provisioned(region="anywhere"), {"provisioning_variables": variable("Region", required=True)}),
    (provisioned(subscriptionId=A_GUID, EntitlementId=A_GUID, parentsubscriptionid=A_GUID), {}),
    (provisioned(subscriptionId=""), {}),
    (provisioned(whatever="x" * 1024), {}),
    (ending("2026-03-31T00:00:00Z"), {}),
    (ending("2027-02-28T23:59:59.9999999Z"), {}),
    (ending("2027-01-01T01:00:00+02:00"), {}),
    (ending("2026-12-31T00:00:00"), {}),
    (ending("2026-12-31T00:00:00Z", renewsTo={}), {}),
    ({}, {"is_addon": True}),
    ({}, {"prerequisites": ("one",)}),
]


@pytest.mark.parametrize(("line", "item"), ACCEPTED, ids=range(len(ACCEPTED)))
def test_what_is_offered_passes(line: dict[str, Any], item: dict[str, Any]) -> None:
    assert codes_of(judged(line, catalog_with(**item))) == ({}, None)


UNHEARD_OF = {"catalogItemId": "unheard-of"}
OPEN: list[tuple[dict[str, Any], dict[int | str, int], int | None]] = [
    (UNHEARD_OF | {"quantity": 2_147_483_647}, {}, None),
    (UNHEARD_OF | {"currencyCode": "XTS", "termDuration": "P7M"}, {}, None),
    (UNHEARD_OF | {"termDuration": None}, {}, None),
    (UNHEARD_OF | {"promotionId": "any"} | RESELLER | provisioned(scope="shared"), {}, None),
    (UNHEARD_OF | {"addonItems": [a_line() | UNHEARD_OF]}, {}, None),
    (UNHEARD_OF | {"billingCycle": "weekly"}, {0: 10013}, 900269),
    (UNHEARD_OF | {"billingCycle": "triennial"}, {0: 10010}, 900270),
    (UNHEARD_OF | {"termDuration": "soon"}, {0: 10010}, 800121),
    (UNHEARD_OF | {"renewsTo": {"termDuration": "soon"}}, {0: 10010}, 800121),
    (UNHEARD_OF | participants("reseller", "1"), {0: 10004}, 800016),
    (UNHEARD_OF | provisioned(scope="tenant"), {0: 10010}, 900312),
    (UNHEARD_OF | provisioned(subscriptionId="production"), {0: 10010}, 900317),
    (UNHEARD_OF | ending("2026-12-30T00:00:00Z"), {0: 10017}, 900242),
    ({"quantity": 1001}, {0: 10010}, 800017),
]


@pytest.mark.parametrize(("line", "lines", "group"), OPEN, ids=range(len(OPEN)))
def test_an_open_catalog_checks_of_unknown_items_only_what_needs_no_catalog(
    line: dict[str, Any], lines: dict[int | str, int], group: int | None
) -> None:
    assert codes_of(judged(line, catalog_with(is_open=True))) == (lines, group)


def test_an_expired_cart_fails_the_group_and_no_line() -> None:
    judgement = judged({}, a_catalog(), expired="2026-03-01T00:00:00Z")

    assert codes_of(judgement) == ({}, 800008)
    assert judgement.error is not None
    assert judgement.error.description == "The cart expired at 2026-03-01T00:00:00Z; make a new one"


@pytest.mark.parametrize(
    ("accepted", "line", "enforced", "code"),
    [
        (True, RESELLER, True, None),
        (None, {}, True, None),
        (None, RESELLER, False, None),
        (None, RESELLER, True, 900206),
        (False, {}, False, None),
        (False, RESELLER, False, 900206),
        (False, {}, True, 900206),
    ],
)
def test_the_partner_attests_where_the_cart_denies_it_or_an_attested_line_has_a_partner(
    *, accepted: bool | None, line: dict[str, Any], enforced: bool, code: int | None
) -> None:
    judgement = judged(
        {"attestationAccepted": True} | line,
        catalog_with(enforce_attestation=enforced),
        partnerOnRecordAttestationAccepted=accepted,
    )

    assert codes_of(judgement) == ({}, code)


@pytest.mark.parametrize(
    ("asked", "term", "end", "code"),
    [
        ("2026-03-31T09:00:00+00:00", "P1Y", "2027-03-31T23:00:00Z", None),
        ("2026-03-31T09:00:00+00:00", "P1Y", "2027-04-30T00:00:00Z", 10017),
        ("2026-01-31T09:00:00+00:00", "P1M", "2026-02-28T00:00:00Z", None),
        ("2026-01-31T09:00:00+00:00", "P1M", "2026-01-31T09:00:00Z", 10017),
        ("2026-01-31T09:00:00+00:00", "P1M", "2026-01-31T09:00:01Z", None),
        ("9999-12-01T00:00:00+00:00", "P1Y", "9999-12-31T00:00:00Z", None),
    ],
)
def test_a_custom_end_lies_after_the_asking_and_on_the_last_day_of_the_first_term_at_most(
    asked: str, term: str, end: str, code: int | None
) -> None:
    cart, catalog = Cart.model_validate(a_cart(a_line(id=0, termDuration=term) | ending(end))), a_catalog()
    context = a_context(cart, catalog, asked=datetime.fromisoformat(asked))

    errors = judge(the_group(cart, catalog), context, expired=None).line_errors

    assert [error.error_code for error in errors.values()] == ([code] if code else [])


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
    ("line", "item", "why"),
    [
        (
            {"termDuration": "P9Y"},
            {"terms": tuple(f"P{number}M" for number in range(14))},
            f"{ITEM} has the terms {', '.join(f'P{number}M' for number in range(12))} and 2 more, not P9Y",
        ),
        (
            {},
            {"is_addon": True, "prerequisites": tuple("b" * 256 for _ in range(9))},
            f"{ITEM} is an add-on: buy it with or after one of {', '.join(['b' * 256] * 9)}"[:1024],
        ),
    ],
    ids=["many", "long"],
)
def test_a_description_is_no_longer_than_the_contract_states(
    line: dict[str, Any], item: dict[str, Any], why: str
) -> None:
    judgement = judged(line, catalog_with(**item))

    assert judgement.error is not None
    assert judgement.line_errors[0].error_description == why
    assert judgement.error.description == f"Line 0: {why}"[:1024]


@pytest.mark.parametrize(
    ("bad", "more"), [(0, ""), (1, " (and 1 more line)"), (2, " (and 2 more lines)")], ids=str
)
@pytest.mark.parametrize("long", [False, True], ids=["short", "long"])
def test_the_group_is_told_which_line_fails_and_how_many_more_do(bad: int, more: str, *, long: bool) -> None:
    catalog = catalog_with(currencies=tuple(["USD" * 99] * 12) if long else ("EUR",))

    decision = checked_out(catalog, *(a_line(id=f"bad {number}") for number in range(bad + 1)))

    (error,) = decision.errors
    why = errors_of(decision)["bad 0"]
    assert why is not None
    assert error.description == f"Line bad 0: {why[1]}"[: 1024 - len(more)] + more
    assert len(error.description) == 1024 or not long


def test_nothing_is_judged_by_a_catalog_that_is_open_and_empty() -> None:
    assert codes_of(judged({"quantity": 7}, an_open_catalog())) == ({}, None)
