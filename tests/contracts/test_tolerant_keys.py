"""How members are found: any case, other names, and keys that would hide one another."""

from typing import Any

import pytest
from pydantic.alias_generators import to_camel

from contracts.codes import DeadLetterCode
from contracts.reader import UnreadableError, read_checkout
from tests.builders import CART, CUSTOMER, ITEM, a_cart, a_checkout, a_line, as_body, without

AN_SDK_CHECKOUT = {
    "CustomerId": CUSTOMER.upper(),
    "CartId": CART.upper(),
    "CartVersion": None,
    "Cart": {
        "Id": CART.upper(),
        "CreationTimestamp": "0001-01-01T00:00:00",
        "LastModifiedTimestamp": "0001-01-01T00:00:00",
        "ExpirationTimestamp": "0001-01-01T00:00:00",
        "LastModifiedUser": None,
        "Status": None,
        "PartnerOnRecordAttestationAccepted": None,
        "LineItems": [
            {
                "Id": 0,
                "CatalogItemId": ITEM,
                "FriendlyName": None,
                "Quantity": 3,
                "CurrencyCode": None,
                "BillingCycle": "OneTime",
                "TermDuration": "",
                "Participants": None,
                "ProvisioningContext": None,
                "OrderGroup": None,
                "AddonItems": None,
                "RenewsTo": None,
                "AttestationAccepted": None,
                "PromotionId": None,
                "CustomTermEndDate": None,
                "Error": None,
            }
        ],
        "Links": None,
        "Attributes": {"ObjectType": "Cart"},
    },
}


def test_an_sdk_body_in_pascal_case_full_of_nulls_says_what_it_says_and_no_more() -> None:
    assert read_checkout(as_body(AN_SDK_CHECKOUT)).model_dump(mode="json", exclude_none=True) == {
        "customerId": CUSTOMER,
        "cartId": CART,
        "cart": {
            "id": CART,
            "lineItems": [{"id": 0, "catalogItemId": ITEM, "quantity": 3, "billingCycle": "one_time"}],
            "attributes": {"ObjectType": "Cart"},
        },
    }


def _recased(document: Any, change: Any) -> Any:
    if isinstance(document, dict):
        return {change(key): _recased(value, change) for key, value in document.items()}
    return [_recased(each, change) for each in document] if isinstance(document, list) else document


@pytest.mark.parametrize("change", [str.upper, str.lower, str.swapcase, str.title])
def test_keys_match_without_regard_to_case(change: Any) -> None:
    line = a_line(id=4, friendlyName="F", orderGroup="g", renewsTo={"termDuration": "P1Y"}, promotionId="p")
    line |= {"addonItems": [a_line()], "participants": [{"key": "transaction_reseller", "value": "1"}]}
    checkout = a_checkout(a_cart(line, status="Active"), cartVersion=2)

    assert read_checkout(as_body(_recased(checkout, change))) == read_checkout(as_body(checkout))


@pytest.mark.parametrize(
    ("sent", "understood"),
    [
        ("catalogId", "catalogItemId"),
        ("CATALOGID", "catalogItemId"),
        ("catalog_item_id", "catalogItemId"),
        ("catalog_id", "catalogItemId"),
        ("Catalog_Id", "catalogItemId"),
    ],
)
def test_the_catalog_item_comes_under_several_names(sent: str, understood: str) -> None:
    line = without(a_line(), "catalogItemId") | {sent: "an-item"}

    read = read_checkout(as_body(a_checkout(a_cart(line)))).model_dump(exclude_none=True)

    assert read["cart"]["lineItems"][0][understood] == "an-item"
    assert sent not in read["cart"]["lineItems"][0]


@pytest.mark.parametrize("sent", ["{}TimeStamp", "{}_timestamp", "{}_time_stamp", "{}_TIME_STAMP"])
@pytest.mark.parametrize(
    ("what", "understood"),
    [
        ("creation", "creationTimestamp"),
        ("last_modified", "lastModifiedTimestamp"),
        ("expiration", "expirationTimestamp"),
    ],
)
def test_timestamps_of_a_cart_come_in_one_word_or_in_two(sent: str, what: str, understood: str) -> None:
    name = sent.format(what if "_" in sent else to_camel(what))

    read = read_checkout(as_body(a_checkout(a_cart(**{name: "2026-03-01T00:00:00Z"}))))

    cart = read.model_dump(exclude_none=True)["cart"]
    assert cart[understood] == "2026-03-01T00:00:00Z"
    assert name == understood or name not in cart


@pytest.mark.parametrize(
    "sent", ["addonItems", "addOnItems", "AddOnItems", "addon_items", "add_on_items", "ADD_ON_ITEMS"]
)
def test_add_ons_come_under_several_names(sent: str) -> None:
    line = a_line(**{sent: [a_line(catalogItemId="the-add-on")]})

    cart = read_checkout(as_body(a_checkout(a_cart(line)))).cart

    assert cart is not None
    assert [each.catalog_item_id for each in cart.all_lines()] == [ITEM, "the-add-on"]


TWO_OF_A_KEY = {"note": 1, "Note": 1}


@pytest.mark.parametrize(
    ("checkout", "path"),
    [
        (a_checkout(CUSTOMERID=CUSTOMER), ""),
        (a_checkout(**TWO_OF_A_KEY), ""),
        (a_checkout(a_cart(Status="Active", status="Active")), "cart"),
        (a_checkout(a_cart(creationTimestamp=None, creationTimeStamp="2026-03-01T00:00:00Z")), "cart"),
        (a_checkout(a_cart(**TWO_OF_A_KEY)), "cart"),
        (a_checkout(a_cart(a_line(Quantity=1))), "cart.lineItems[0]"),
        (a_checkout(a_cart(a_line(Quantity=2))), "cart.lineItems[0]"),
        (a_checkout(a_cart(a_line(catalogId="another"))), "cart.lineItems[0]"),
        (a_checkout(a_cart(a_line(catalog_id="another"))), "cart.lineItems[0]"),
        (a_checkout(a_cart(a_line(addonItems=[a_line()], add_on_items=[]))), "cart.lineItems[0]"),
        (a_checkout(a_cart(a_line(), a_line(**TWO_OF_A_KEY))), "cart.lineItems[1]"),
        (a_checkout(a_cart(a_line(pricing={"deep": [TWO_OF_A_KEY]}))), "cart.lineItems[0]"),
        (
            a_checkout(a_cart(a_line(provisioningContext={"scope": "a", "Scope": "b"}))),
            "cart.lineItems[0].provisioningContext",
        ),
        (
            a_checkout(a_cart(a_line(renewsTo={"termDuration": "P1Y", "TermDuration": "P1Y"}))),
            "cart.lineItems[0].renewsTo",
        ),
        (
            a_checkout(a_cart(a_line(participants=[{"key": "k", "Key": "k", "value": "v"}]))),
            "cart.lineItems[0].participants[0]",
        ),
        (
            a_checkout(a_cart(a_line(addonItems=[a_line(Quantity=1)]))),
            "cart.lineItems[0].addonItems[0]",
        ),
    ],
)
def test_keys_that_would_hide_one_another_are_refused(checkout: dict[str, Any], path: str) -> None:
    with pytest.raises(UnreadableError) as caught:
        read_checkout(as_body(checkout))

    assert caught.value.code is DeadLetterCode.CONTRACT_VIOLATION
    assert [violation.path for violation in caught.value.violations] == [path]
    assert caught.value.violations[0].rule in {
        "Two keys of this object differ in case only",
        "Two keys of an object differ in case only",
        "Two members of this object mean the same",
    }


@pytest.mark.parametrize(
    ("member", "path"),
    [({"links": {"deep": TWO_OF_A_KEY}}, "cart"), ({"attributes": TWO_OF_A_KEY}, "cart")],
)
def test_keys_that_collide_in_links_and_attributes_are_refused(member: dict[str, Any], path: str) -> None:
    with pytest.raises(UnreadableError) as caught:
        read_checkout(as_body(a_checkout(a_cart(**member))))

    assert caught.value.code is DeadLetterCode.CONTRACT_VIOLATION
    assert caught.value.violations[0].path.startswith(path)


def test_the_same_value_under_two_names_is_understood() -> None:
    cart = read_checkout(as_body(a_checkout(a_cart(a_line(catalogId=ITEM))))).cart

    assert cart is not None
    assert cart.line_items[0].catalog_item_id == ITEM


@pytest.mark.parametrize("name", ["_id", "_links", "quan_tity", "note_s"])
def test_a_key_that_only_resembles_a_member_is_kept_as_it_came(name: str) -> None:
    line = a_line(**{name: {"deep": 1}})

    cart = read_checkout(as_body(a_checkout(a_cart(line)))).cart

    assert cart is not None
    assert cart.line_items[0].model_dump(exclude_none=True) == line
