"""The published shape of an order."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.cart import Cart
from contracts.order import Order
from tests.builders import CART, CUSTOMER, ITEM, NOW, a_cart, a_catalog, a_catalog_item, a_line, the_group
from tests.strategies import guids, texts
from worker.checkout.ordering import make_order

GOLDEN = Path(__file__).parents[1] / "golden" / "order.json"
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
    provisioningContext={"scope": "single"},
    renewsTo={"termDuration": "P1Y"},
    attestationAccepted=True,
    promotionId="39NFJQT1PFPZ:0001:39NFJQT1Q5KX",
    customTermEndDate="2026-12-31T00:00:00.0000000Z",
    addonItems=[{"catalogItemId": "MS-AZR-0145P", "quantity": 5, "billingCycle": "monthly"}],
)


def order_of(
    *lines: dict[str, Any], group: str | None = None, customer: str = CUSTOMER, cart: str = CART
) -> Order:
    catalog = a_catalog(a_catalog_item(title="Seats"))
    grouped = the_group(Cart.model_validate(a_cart(*lines)), catalog)
    grouped = replace(grouped, name=group or grouped.name)
    return make_order(grouped, customer_id=customer, cart_id=cart, catalog=catalog, created=NOW)


def test_an_order_has_its_published_shape_to_the_byte() -> None:
    order = order_of(EVERYTHING, a_line(currencyCode="EUR"))

    assert json.dumps(json.loads(order.to_json()), indent=2, ensure_ascii=False) + "\n" == GOLDEN.read_text()


def test_an_order_that_was_stored_is_read_as_the_same_order() -> None:
    order = order_of(EVERYTHING)

    assert Order.model_validate_json(order.to_json()) == order
    assert Order.model_validate_json(order.to_json()).to_json() == order.to_json()


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
        ("a:b", {}),
        ("a:b:c:d", {}),
    ],
)
def test_items_of_three_parts_are_linked_and_others_are_not(item: str, links: dict[str, Any]) -> None:
    assert order_of(a_line(catalogItemId=item)).line_items[0].links.model_dump(exclude_none=True) == links


@pytest.mark.parametrize(("currency", "symbol"), [("USD", "$"), ("EUR", "€"), ("JPY", "¥"), ("XTS", "XTS")])
def test_a_currency_has_its_symbol_or_its_code(currency: str, symbol: str) -> None:
    order = order_of(a_line(currencyCode=currency))

    assert (order.currency_code, order.currency_symbol) == (currency, symbol)


@pytest.mark.parametrize(
    ("context", "ordered"), [({}, None), ({"scope": "single"}, {"scope": "single"})], ids=range(2)
)
def test_an_empty_provisioning_context_is_not_ordered(context: dict[str, str], ordered: Any) -> None:
    assert order_of(a_line(provisioningContext=context)).line_items[0].provisioning_context == ordered


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
