"""Names and numbers that other programs rely on: changing one breaks them."""

import pytest

from contracts import wire
from contracts.codes import CartErrorCode, DeadLetterCode, OrderErrorCode
from contracts.wire import DeadLetterHeader, EventType, ReplayHeader, event_routing_key, source_of


def test_cart_error_codes_have_their_documented_numbers_and_names() -> None:
    assert {each.name: each.value for each in CartErrorCode} == {
        "CURRENCY_IS_NOT_SUPPORTED": 10000,
        "CATALOG_ITEM_ID_IS_NOT_VALID": 10001,
        "QUOTA_NOT_AVAILABLE": 10002,
        "INVENTORY_NOT_AVAILABLE": 10003,
        "PARTICIPANTS_IS_NOT_SUPPORTED_FOR_PARTNER": 10004,
        "UNABLE_TO_PROCESS_CART_LINE_ITEM": 10006,
        "SUBSCRIPTION_IS_NOT_VALID": 10007,
        "SUBSCRIPTION_IS_NOT_ENABLED_FOR_RI": 10008,
        "SANDBOX_LIMIT_EXCEEDED": 10009,
        "INVALID_INPUT": 10010,
        "SUBSCRIPTION_NOT_REGISTERED": 10011,
        "ATTESTATION_NOT_ACCEPTED": 10012,
        "BILLING_PLAN_NOT_SUPPORTED": 10013,
        "INVALID_PROMOTION_ID": 10014,
        "MAX_ALLOWED_SEATS_PER_SUBSCRIPTION_EXCEEDED": 10015,
        "INVALID_CUSTOM_TERM_END_DATE_PRODUCT": 10016,
        "INVALID_CUSTOM_TERM_END_DATE": 10017,
        "BASE_OFFER_SEAT_QUANTITY_NOT_MET": 10018,
        "MINIMUM_ADD_ON_SEATS_NOT_MET": 10019,
        "ADD_ON_WITHOUT_ITS_BASE": 400041,
        "LEGACY_OFFER_NOT_ELIGIBLE_FOR_PURCHASE": 500600,
    }


def test_order_error_codes_have_their_documented_numbers() -> None:
    assert {each.name: each.value for each in OrderErrorCode} == {
        "PROMOTION_UNKNOWN": 27007,
        "AVAILABILITY_UNKNOWN": 400019,
        "CREATE_ORDER_ERROR": 800005,
        "CART_ID_NOT_FOUND": 800008,
        "CART_ITEM_ERROR_IN_CREATE_ORDER": 800009,
        "NOT_VALID_INDIRECT_RESELLER_MPN_ID": 800016,
        "INVALID_QUANTITY": 800017,
        "CATALOG_ITEM_NOT_ELIGIBLE_FOR_PURCHASE": 800020,
        "CONDITION_FAILED": 800036,
        "CART_CHECK_OUT_NOT_ALLOWED_WHEN_STATUS_IS_ORDERED": 800065,
        "BILLING_CYCLE_DIFFERS_FROM_ORDER": 800085,
        "TERM_DURATION_INVALID": 800121,
        "CURRENCY_NOT_SUPPORTED": 900169,
        "ATTESTATION_REQUIRED": 900203,
        "PARTNER_ATTESTATION_REQUIRED": 900206,
        "CUSTOM_TERM_END_DATE_INVALID": 900242,
        "BILLING_CYCLE_INVALID": 900269,
        "BILLING_CYCLE_LONGER_THAN_TERM": 900270,
        "PROVISIONING_SCOPE_NOT_SUPPORTED": 900312,
        "PROVISIONING_VARIABLE_MISSING": 900317,
    }


def test_dead_letter_codes_are_the_documented_ones() -> None:
    assert [each.value for each in DeadLetterCode] == [
        "not-utf8",
        "not-json",
        "too-large",
        "contract-violation",
        "message-id-reused",
        "process-killer",
        "unexpected-error",
        "undecodable-frame",
        "delivery-limit",
        "expired",
        "rejected",
        "maxlen",
        "unroutable",
    ]


def test_exchanges_queues_and_command_keys_have_their_documented_names() -> None:
    assert (wire.COMMANDS_EXCHANGE, wire.RESULTS_EXCHANGE, wire.DEAD_LETTERS_EXCHANGE) == (
        "cart.commands",
        "checkout.results",
        "cart.dead-letters",
    )
    assert (wire.CHECKOUT_QUEUE, wire.UPDATE_QUEUE, wire.DEAD_LETTERS_QUEUE) == (
        "cart.checkout",
        "cart.update",
        "cart.dead-letters",
    )
    assert (wire.CHECKOUT_KEY, wire.UPDATE_KEY) == ("cart.checkout", "cart.update")


def test_headers_of_a_dead_letter_have_their_documented_names() -> None:
    assert {each.name: each.value for each in DeadLetterHeader} == {
        "ID": "x-dead-letter-id",
        "CODE": "x-dead-letter-code",
        "REASON": "x-dead-letter-reason",
        "FIRST_RECEIVED": "x-dead-letter-first-received",
        "FAILED_AT": "x-dead-letter-failed-at",
        "ORIGINAL_USER_ID": "x-original-user-id",
        "ORIGINAL_EXPIRATION": "x-original-expiration",
        "ORIGINAL_PROPERTIES": "x-original-properties",
    }
    assert {each.name: each.value for each in ReplayHeader} == {
        "TOKEN": "x-replay-token",
        "BY": "x-replayed-by",
        "OF": "x-replay-of",
    }


@pytest.mark.parametrize(
    ("event", "key"),
    [
        (EventType.CHECKOUT_COMPLETED, "checkout.completed.storefront-eu"),
        (EventType.CHECKOUT_PARTIAL, "checkout.partial.storefront-eu"),
        (EventType.CHECKOUT_FAILED, "checkout.failed.storefront-eu"),
        (EventType.CHECKOUT_REJECTED, "checkout.rejected.storefront-eu"),
        (EventType.CART_UPDATED, "cart.updated.storefront-eu"),
        (EventType.CART_REJECTED, "cart.rejected.storefront-eu"),
    ],
)
def test_a_result_is_routed_by_what_happened_and_who_asked(event: EventType, key: str) -> None:
    assert event_routing_key(event, "storefront-eu") == key


@pytest.mark.parametrize(
    ("app_id", "source"),
    [
        ("storefront-eu", "storefront-eu"),
        ("Shop_9", "Shop_9"),
        ("shop.eu", "shop-eu"),
        ("shop #*\n", "shop----"),
        ("größe", "gr--e"),
        ("/shop/1", "-shop-1"),
        ("", "unknown"),
        (None, "unknown"),
    ],
    ids=repr,
)
def test_a_source_is_the_app_id_with_a_dash_for_every_other_character(
    app_id: str | None, source: str
) -> None:
    assert source_of(app_id) == source


@pytest.mark.parametrize("event", list(EventType))
def test_a_routing_key_fits_into_amqp_whatever_the_app_id(event: EventType) -> None:
    assert len(event_routing_key(event, source_of("x" * 255)).encode()) <= 255
