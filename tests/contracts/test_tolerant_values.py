"""What values mean in the many forms in which clients write them."""

from typing import Any

import pytest

from contracts.cart import Cart
from contracts.checkout import CheckoutCart
from contracts.reader import read_checkout
from tests.builders import CART, a_cart, a_checkout, a_checkout_by_reference, a_line, as_body


def cart_of(**members: Any) -> Cart:
    cart = read_checkout(as_body(a_checkout(a_cart(**members)))).cart
    assert cart is not None
    return cart


def the_line(**members: Any) -> dict[str, Any]:
    line = cart_of(lineItems=[a_line(**members)]).line_items[0]
    return line.model_dump(mode="json", exclude_none=True)


OPTIONAL_OF_A_LINE = [
    "id",
    "friendlyName",
    "currencyCode",
    "termDuration",
    "participants",
    "provisioningContext",
    "orderGroup",
    "addonItems",
    "renewsTo",
    "attestationAccepted",
    "promotionId",
    "customTermEndDate",
    "additionalPartnerIdsOnRecord",
    "error",
]


@pytest.mark.parametrize("nothing", [None, ""])
@pytest.mark.parametrize("member", OPTIONAL_OF_A_LINE)
def test_null_and_empty_text_of_an_optional_member_of_a_line_mean_absent(member: str, nothing: Any) -> None:
    assert member not in the_line(**{member: nothing})


@pytest.mark.parametrize("nothing", [None, ""])
@pytest.mark.parametrize(
    "member",
    [
        "creationTimestamp",
        "lastModifiedTimestamp",
        "expirationTimestamp",
        "lastModifiedUser",
        "status",
        "partnerOnRecordAttestationAccepted",
        "links",
        "attributes",
    ],
)
def test_null_and_empty_text_of_an_optional_member_of_a_cart_mean_absent(member: str, nothing: Any) -> None:
    assert member not in cart_of(**{member: nothing}).model_dump(exclude_none=True)


@pytest.mark.parametrize("nothing", [None, ""])
def test_null_and_empty_text_of_the_command_s_optional_members_mean_absent(nothing: Any) -> None:
    by_reference = read_checkout(as_body(a_checkout_by_reference(cart=nothing, cartVersion=nothing)))
    inline = read_checkout(as_body(a_checkout(cartId=nothing)))

    assert (by_reference.cart, by_reference.cart_version, by_reference.named_cart_id) == (None, None, CART)
    assert (inline.cart_id, inline.named_cart_id) == (None, CART)


@pytest.mark.parametrize(
    ("sent", "read"),
    [
        (0, 0),
        (2_147_483_647, 2_147_483_647),
        ("7", 7),
        ("007", 7),
        ("2147483647", 2_147_483_647),
        ("2147483648", "2147483648"),
        ("1" * 64, "1" * 64),
        ("line-a", "line-a"),
        ("-1", "-1"),
        ("²", "²"),
        ("٣", "٣"),
        ("x" * 64, "x" * 64),
    ],
    ids=repr,
)
def test_a_line_id_is_a_number_or_a_text(sent: Any, read: Any) -> None:
    assert the_line(id=sent)["id"] == read


@pytest.mark.parametrize(
    "sent", ["0001-01-01T00:00:00", "0001-01-01T00:00:00Z", "0001-01-01T00:00:00.0000000+14:00"]
)
def test_a_date_of_the_year_1_means_absent(sent: str) -> None:
    cart = cart_of(
        creationTimestamp=sent,
        lastModifiedTimestamp=sent,
        expirationTimestamp=sent,
        lineItems=[a_line(customTermEndDate=sent)],
    )

    assert (cart.creation_timestamp, cart.last_modified_timestamp, cart.expiration_timestamp) == (
        None,
        None,
        None,
    )
    assert cart.line_items[0].custom_term_end_date is None


@pytest.mark.parametrize(
    "sent",
    [
        "2026-03-14T09:26:53Z",
        "2026-03-14T09:26:53z",
        "2026-03-14T09:26:53",
        "2026-03-14T09:26:53.5Z",
        "2026-03-14T09:26:53.5897932Z",
        "2026-03-14T09:26:53.1000000",
        "2026-03-14T09:26:53.589793238Z",
        "2026-03-14T09:26:53.5897932+05:30",
    ],
)
def test_a_timestamp_is_echoed_as_it_came(sent: str) -> None:
    assert cart_of(expirationTimestamp=sent).expiration_timestamp == sent


@pytest.mark.parametrize(
    ("sent", "read"),
    [
        ("monthly", "monthly"),
        ("Monthly", "monthly"),
        ("ANNUAL", "annual"),
        ("None", "none"),
        ("OneTime", "one_time"),
        ("oneTime", "one_time"),
        ("onetime", "one_time"),
        ("One_Time", "one_time"),
        ("one_time", "one_time"),
        ("Triennial", "triennial"),
        ("BIENNIAL", "biennial"),
        ("Weekly", "weekly"),
    ],
)
def test_a_billing_cycle_takes_any_case_and_one_time_both_spellings(sent: str, read: str) -> None:
    assert the_line(billingCycle=sent)["billingCycle"] == read


@pytest.mark.parametrize("member", ["id", "friendlyName", "orderGroup", "promotionId"])
def test_only_dates_of_the_year_1_are_absent_and_no_text_that_begins_like_one(member: str) -> None:
    assert the_line(**{member: "0001-a"}, renewsTo=None)[member] == "0001-a"


def test_a_currency_takes_any_case() -> None:
    assert the_line(currencyCode="eur")["currencyCode"] == "EUR"


def test_participants_keep_order_and_repeated_keys() -> None:
    sent = [
        {"key": "additional_transaction_reseller", "value": "2"},
        {"key": "transaction_reseller", "value": "1"},
        {"key": "additional_transaction_reseller", "value": "2"},
    ]

    assert the_line(participants=sent)["participants"] == sent


@pytest.mark.parametrize(
    ("sent", "read"),
    [
        ({"termDuration": "P1Y"}, {"termDuration": "P1Y"}),
        ([{"termDuration": "P1Y"}], {"termDuration": "P1Y"}),
        ([], None),
        ([None], None),
    ],
)
def test_renews_to_is_an_object_or_a_list_of_one(sent: Any, read: Any) -> None:
    assert the_line(renewsTo=sent).get("renewsTo") == read


@pytest.mark.parametrize(("sent", "read"), [("1", ["1"]), (["1"], ["1"]), (["1", "2"], ["1", "2"]), ([], [])])
def test_additional_partner_ids_are_a_list_or_a_text(sent: Any, read: list[str]) -> None:
    assert the_line(additionalPartnerIdsOnRecord=sent)["additionalPartnerIdsOnRecord"] == read


def test_a_null_in_the_provisioning_context_means_absent_and_an_empty_text_is_a_value() -> None:
    context = {"scope": None, "subscriptionId": ""}

    assert the_line(provisioningContext=context)["provisioningContext"] == {"subscriptionId": ""}


UNKNOWN = {"wild": [1, 2.5, {"null": None, "text": "ü"}], "big": 10**30}


def test_unknown_members_of_cart_line_add_on_and_parts_are_kept_and_echoed() -> None:
    line = a_line(
        **UNKNOWN,
        renewsTo={"termDuration": "P1Y", **UNKNOWN},
        participants=[{"key": "k", "value": "v", **UNKNOWN}],
        addonItems=[a_line(**UNKNOWN)],
        error={"errorCode": 1, "errorDescription": "d", **UNKNOWN},
    )
    cart = a_cart(line, **UNKNOWN)

    echoed = Cart.model_validate_json(cart_of(**cart).to_json())

    assert echoed.model_dump(exclude_none=True) == cart


def test_members_named_like_parts_of_our_own_types_are_members_like_others() -> None:
    named = {
        "model_config": 1,
        "model_dump": 2,
        "to_json": 3,
        "__class__": 4,
        "with_add_ons": 5,
        "other_names": 6,
    }

    assert the_line(**named) == a_line(**named)


def test_an_unknown_member_that_is_null_is_not_echoed() -> None:
    assert b"pricing" not in cart_of(pricing=None).to_json()


@pytest.mark.parametrize("cart_id", [CART, CART.upper()])
def test_ids_are_read_in_lower_case(cart_id: str) -> None:
    read = read_checkout(as_body(a_checkout(a_cart(id=cart_id), cartId=CART)))

    assert read.named_cart_id == CART


def test_a_command_read_from_its_own_bytes_is_the_same() -> None:
    command = read_checkout(as_body(a_checkout(a_cart(a_line(**UNKNOWN), status="Active"), cartVersion=3)))

    assert read_checkout(command.to_json()) == command
    assert isinstance(command, CheckoutCart)
