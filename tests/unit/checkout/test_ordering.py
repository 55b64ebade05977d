"""The published shape of an order."""

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic_core import to_json

from contracts.cart import Cart
from contracts.order import Order
from tests.builders import CART, CUSTOMER, ITEM, NOW, a_cart, a_catalog, a_catalog_item, a_line, the_group
from tests.strategies import guids, texts
from worker.checkout.ordering import make_order

GOLDEN = Path(__file__).parents[1] / "golden" / "order.json"
ADD_ON = "add-on"
FREE_ADD_ON = "add-on to anything"
BUNDLE = "no add-on, whatever its prerequisites"
SUBSCRIPTION = "0a1b2c3d-0000-4000-8000-0123456789ab"
EVERYTHING = a_line(
    quantity=25,
    currencyCode="EUR",
    friendlyName="Seats of the Berlin office",
    participants=[
        {"key": "Transaction_Reseller", "value": "5357564"},
        {"key": "additional_transaction_reseller", "value": "517285"},
        {"key": "additional_transaction_reseller", "value": "517286"},
        {"key": "consumption_reseller", "value": "1"},
    ],
    additionalPartnerIdsOnRecord="517287",
    partnerIdOnRecord="5357564",
    provisioningContext={"Scope": "single", "SubscriptionId": SUBSCRIPTION},
    renewsTo={"termDuration": "P1Y"},
    attestationAccepted=True,
    promotionId="39NFJQT1PFPZ:0001:39NFJQT1Q5KX",
    customTermEndDate="2026-12-31T00:00:00.0000000Z",
    addonItems=[{"catalogItemId": "MS-AZR-0145P", "quantity": 5, "billingCycle": "monthly"}],
)
FLAT_ADD_ON = a_line(
    catalogItemId=ADD_ON, currencyCode="EUR", provisioningContext={"ParentSubscriptionId": SUBSCRIPTION}
)


def members_of(
    *lines: dict[str, Any], group: str | None = None, customer: str = CUSTOMER, cart: str = CART
) -> Mapping[str, Any]:
    add_on = a_catalog_item(ADD_ON, title="Add-on", is_addon=True, prerequisites=("one", ITEM))
    free = a_catalog_item(FREE_ADD_ON, is_addon=True)
    bundle = a_catalog_item(BUNDLE, prerequisites=(ITEM,))
    catalog = a_catalog(a_catalog_item(title="Seats"), add_on, free, bundle)
    grouped = the_group(Cart.model_validate(a_cart(*lines)), catalog)
    grouped = replace(grouped, name=group or grouped.name)
    return make_order(grouped, customer_id=customer, cart_id=cart, catalog=catalog, created=NOW)


def order_of(*lines: dict[str, Any], **key: str) -> Order:
    return Order.model_validate_json(to_json(members_of(*lines, **key)))


def test_an_order_has_its_published_shape_to_the_byte() -> None:
    order = order_of(EVERYTHING, a_line(currencyCode="EUR"), FLAT_ADD_ON)

    assert json.dumps(json.loads(order.to_json()), indent=2, ensure_ascii=False) + "\n" == GOLDEN.read_text()


def test_an_order_that_was_stored_is_read_as_the_same_order() -> None:
    order = order_of(EVERYTHING)

    assert Order.model_validate_json(order.to_json()) == order
    assert Order.model_validate_json(order.to_json()).to_json() == order.to_json()


@pytest.mark.parametrize("lines", [[a_line()], [EVERYTHING], [EVERYTHING, FLAT_ADD_ON]], ids=range(3))
def test_an_order_is_written_as_the_contract_writes_it(lines: list[dict[str, Any]]) -> None:
    members = members_of(*lines)

    assert Order.model_validate(members).to_json() == to_json(members)


def test_a_line_takes_the_catalog_s_title_where_it_names_none() -> None:
    lines = order_of(a_line(), a_line(friendlyName="mine")).line_items

    assert [line.friendly_name for line in lines] == ["Seats", "mine"]


def test_a_line_of_an_item_that_the_catalog_does_not_know_has_no_name() -> None:
    assert order_of(a_line(catalogItemId="unheard-of")).line_items[0].friendly_name is None


@pytest.mark.parametrize(
    ("item", "links"),
    [
        (
            "p:s:a",
            {
                "product": {"uri": "/products/p", "method": "GET", "headers": []},
                "sku": {"uri": "/products/p/skus/s", "method": "GET", "headers": []},
                "availability": {
                    "uri": "/products/p/skus/s/availabilities/a",
                    "method": "GET",
                    "headers": [],
                },
            },
        ),
        ("MS-AZR-0145P", {}),
        (
            "p/q?:s t:a#",
            {
                "product": {"uri": "/products/p%2Fq%3F", "method": "GET", "headers": []},
                "sku": {"uri": "/products/p%2Fq%3F/skus/s%20t", "method": "GET", "headers": []},
                "availability": {
                    "uri": "/products/p%2Fq%3F/skus/s%20t/availabilities/a%23",
                    "method": "GET",
                    "headers": [],
                },
            },
        ),
        ("a:b", {}),
        ("a:b:c:d", {}),
    ],
)
def test_items_of_three_parts_are_linked_and_others_are_not(item: str, links: dict[str, Any]) -> None:
    assert order_of(a_line(catalogItemId=item)).line_items[0].links.model_dump(exclude_none=True) == links


@pytest.mark.parametrize(
    ("currency", "symbol"), [("USD", "US$"), ("EUR", "€"), ("JPY", "JP¥"), ("XTS", "XTS")]
)
def test_a_currency_has_its_symbol_or_its_code(currency: str, symbol: str) -> None:
    order = order_of(a_line(currencyCode=currency))

    assert (order.currency_code, order.currency_symbol) == (currency, symbol)


@pytest.mark.parametrize(
    ("context", "ordered"),
    [
        ({}, None),
        ({"scope": "single"}, {"scope": "single"}),
        ({"ParentSubscriptionId": SUBSCRIPTION}, {"parentSubscriptionId": SUBSCRIPTION}),
        ({"scope": "", "region": "EU"}, {"region": "EU"}),
        ({"scope": ""}, None),
        ({"SKU": "1", "": "2", "Übung": "3"}, {"sKU": "1", "": "2", "übung": "3"}),
    ],
    ids=range(6),
)
def test_a_provisioning_context_has_keys_that_begin_in_lower_case_and_is_left_out_where_it_is_empty(
    context: dict[str, str], ordered: Any
) -> None:
    assert order_of(a_line(provisioningContext=context)).line_items[0].provisioning_context == ordered


@pytest.mark.parametrize(
    ("line", "on_record", "additional"),
    [
        ({}, None, None),
        ({"participants": [], "additionalPartnerIdsOnRecord": []}, None, None),
        ({"partnerIdOnRecord": "1"}, "1", None),
        ({"participants": [{"key": "TRANSACTION_reseller", "value": "1"}]}, "1", None),
        ({"participants": [{"key": "consumption_reseller", "value": "1"}]}, None, None),
        ({"additionalPartnerIdsOnRecord": ["2", "1", "2"]}, None, ["2", "1"]),
        (
            {
                "participants": [{"key": "Additional_Transaction_Reseller", "value": each} for each in "31"],
                "additionalPartnerIdsOnRecord": ["1", "2"],
            },
            None,
            ["3", "1", "2"],
        ),
    ],
    ids=range(7),
)
def test_an_order_line_has_the_partners_of_its_line_each_once(
    line: dict[str, Any], on_record: str | None, additional: list[str] | None
) -> None:
    ordered = order_of(a_line(**line)).line_items[0]

    assert (ordered.partner_id_on_record, ordered.additional_partner_ids_on_record) == (on_record, additional)


@pytest.mark.parametrize(
    ("lines", "parents"),
    [
        ([a_line(), a_line()], [None, None]),
        ([a_line(), a_line(catalogItemId=ADD_ON)], [None, 0]),
        ([a_line(catalogItemId=ADD_ON), a_line(), a_line()], [1, None, None]),
        ([a_line(catalogItemId=ADD_ON), a_line(catalogItemId="other")], [None, None]),
        ([a_line(currencyCode="EUR"), FLAT_ADD_ON], [None, None]),
        (
            [a_line(catalogItemId="other", addonItems=[a_line(), a_line()]), a_line(catalogItemId=ADD_ON)],
            [None, 0, 0, 1],
        ),
        ([a_line(), a_line(addonItems=[FLAT_ADD_ON, a_line(catalogItemId="x")])], [None, None, 1, 1]),
        ([a_line(catalogItemId="other", addonItems=[a_line(catalogItemId=ADD_ON)])], [None, None]),
        (
            [a_line(catalogItemId="other", addonItems=[a_line(catalogItemId=ADD_ON)]), a_line()],
            [None, 2, None],
        ),
        ([a_line(addonItems=[a_line(catalogItemId=FREE_ADD_ON)])], [None, 0]),
        ([a_line(), a_line(catalogItemId=BUNDLE)], [None, None]),
        ([a_line(catalogItemId="other", addonItems=[a_line(catalogItemId=BUNDLE)])], [None, 0]),
    ],
    ids=range(12),
)
def test_an_add_on_has_the_number_of_its_base_where_that_is_in_the_same_order(
    lines: list[dict[str, Any]], parents: list[int | None]
) -> None:
    assert [line.parent_line_item_number for line in order_of(*lines).line_items] == parents


@pytest.mark.parametrize(
    ("context", "parent"),
    [({"PARENTSUBSCRIPTIONID": SUBSCRIPTION}, SUBSCRIPTION), ({"parentSubscriptionId": ""}, None)],
    ids=["named", "empty"],
)
def test_an_add_on_to_an_existing_subscription_names_it(context: dict[str, str], parent: str | None) -> None:
    assert order_of(a_line(provisioningContext=context)).line_items[0].parent_subscription_id == parent


def test_a_renewal_without_a_term_is_not_ordered() -> None:
    assert order_of(a_line(renewsTo={})).line_items[0].renews_to is None


def test_lines_are_numbered_from_0_add_ons_after_their_base() -> None:
    lines = order_of(
        a_line(addonItems=[a_line(catalogItemId="add-on")]), a_line(catalogItemId="last")
    ).line_items

    assert [(line.line_item_number, line.offer_id) for line in lines] == [
        (0, ITEM),
        (1, "add-on"),
        (2, "last"),
    ]


def test_an_order_id_is_the_same_whenever_and_from_whatever_it_is_made() -> None:
    assert order_of(a_line(), group="g").id == order_of(a_line(quantity=9, currencyCode="EUR"), group="g").id
    assert order_of(a_line(), group="g").id == "7656ff8f-ee70-57c0-9029-0252be54fabb"


@given(st.sets(st.tuples(guids, guids, texts), min_size=2, max_size=6))
def test_orders_of_other_customers_carts_or_groups_have_other_ids(keys: set[tuple[str, str, str]]) -> None:
    ids = {order_of(a_line(), customer=customer, cart=cart, group=group).id for customer, cart, group in keys}

    assert len(ids) == len(keys)


@given(guids, guids)
def test_customer_and_cart_do_not_change_places(customer: str, cart: str) -> None:
    one, other = (
        order_of(a_line(), customer=customer, cart=cart),
        order_of(a_line(), customer=cart, cart=customer),
    )

    assert (one.id == other.id) == (customer == cart)
