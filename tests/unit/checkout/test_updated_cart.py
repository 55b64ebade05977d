"""The cart that an update leaves: as it is stored and as cart.updated shows it."""

import json
from datetime import timedelta
from typing import Any

import pytest

from contracts.cart import Cart
from tests.builders import (
    CART,
    CUSTOMER,
    ITEM,
    NOW,
    OTHER_ITEM,
    a_cart,
    a_catalog,
    a_catalog_item,
    a_checkout,
    a_command,
    a_line,
    a_situation_after,
    an_update,
    an_update_command,
    without,
)
from tests.deciding import BESIDE_THE_CART, decided, members, shown, stored, updated

LATER = NOW + timedelta(days=2)


def test_a_new_cart_lives_seven_days_from_its_creation() -> None:
    body = updated()

    assert (body["creationTimestamp"], body["expirationTimestamp"]) == (
        "2026-03-14T09:26:53.589793Z",
        "2026-03-21T09:26:53.589793Z",
    )
    assert (body["lastModifiedTimestamp"], body["status"]) == ("2026-03-14T09:26:53.589793Z", "Active")


@pytest.mark.parametrize(
    "claimed",
    [{}, {"creationTimestamp": "2030-01-01T00:00:00Z", "expirationTimestamp": "2040-01-01T00:00:00Z"}],
)
def test_an_update_keeps_creation_and_expiration_and_tells_when_and_by_whom(claimed: dict[str, str]) -> None:
    first = decided(an_update_command())
    update = an_update(a_cart(**claimed, lastModifiedTimestamp="2030-01-01T00:00:00Z", lastModifiedUser="x"))

    second = decided(
        an_update_command(update, message_id="again", asked=LATER, received=LATER), a_situation_after(first)
    )

    kept = ("creationTimestamp", "expirationTimestamp")
    assert [shown(second)[each] for each in kept] == [shown(first)[each] for each in kept]
    assert shown(second)["lastModifiedTimestamp"] == "2026-03-16T09:26:53.589793Z"
    assert shown(second)["lastModifiedUser"] == "storefront-eu"
    assert (stored(second).created, stored(second).expires) == (stored(first).created, stored(first).expires)


def test_how_long_a_new_cart_lives_is_not_for_its_producer_to_say() -> None:
    """They may be those of the cart that this one is a copy of."""
    body = updated(creationTimestamp="2020-03-13T00:00:00Z", expirationTimestamp="2099-03-19T23:00:00Z")

    assert (body["creationTimestamp"], body["expirationTimestamp"]) == (
        "2026-03-14T09:26:53.589793Z",
        "2026-03-21T09:26:53.589793Z",
    )


def test_dates_of_the_year_1_are_none() -> None:
    unset = "0001-01-01T00:00:00"

    body = updated(creationTimestamp=unset, expirationTimestamp=unset, lastModifiedTimestamp=unset)

    assert body["expirationTimestamp"] == "2026-03-21T09:26:53.589793Z"


def test_links_and_attributes_are_the_worker_s_own() -> None:
    body = updated(links={"self": {"uri": "http://elsewhere"}}, attributes={"etag": "x", "objectType": "y"})

    assert body["links"] == {
        "self": {"uri": f"/customers/{CUSTOMER}/carts/{CART}", "method": "GET", "headers": []}
    }
    assert body["attributes"] == {"objectType": "Cart"}


def test_a_bad_line_shows_its_error_and_a_good_one_none() -> None:
    body = updated(
        a_line(id="good"),
        a_line(id="bad", quantity=1001, orderGroup="b"),
        a_line(id="beside", orderGroup="b", addonItems=[a_line(id="add-on", currencyCode="JPY")]),
    )

    codes = [error and error["errorCode"] for error in members(body, "error")]
    assert codes == [None, 10010, None, 10000]
    assert "1 to 1000" in members(body, "error")[1]["errorDescription"]
    assert body["status"] == "Active"


def test_an_add_on_whose_base_cannot_be_ordered_is_in_error_as_well() -> None:
    addon = a_catalog_item(OTHER_ITEM, is_addon=True, prerequisites=(ITEM,))
    lines = [a_line(quantity=1001, orderGroup="g"), a_line(catalogItemId=OTHER_ITEM, orderGroup="h")]

    update = an_update_command(an_update(a_cart(*lines)))
    body = shown(decided(update, catalog=a_catalog(a_catalog_item(), addon)))

    assert [error["errorCode"] for error in members(body, "error")] == [10010, 400041]


def codes_of(body: dict[str, Any]) -> list[tuple[str, int]]:
    return [(each["orderGroupId"], each["code"]) for each in body["orderErrors"]]


def test_groups_that_cannot_be_ordered_are_told_in_the_order_of_their_lines() -> None:
    addon = a_catalog_item(OTHER_ITEM, is_addon=True, prerequisites=(ITEM,))
    lines = [
        a_line(orderGroup="add-on", catalogItemId=OTHER_ITEM),
        a_line(orderGroup="base", quantity=1001),
        a_line(orderGroup="mixed", catalogItemId="other"),
        a_line(orderGroup="mixed", catalogItemId="other", billingCycle="annual"),
    ]
    catalog = a_catalog(a_catalog_item(), addon, a_catalog_item("other"))

    body = shown(decided(an_update_command(an_update(a_cart(*lines))), catalog=catalog))

    assert codes_of(body) == [("add-on", 800009), ("base", 800017), ("mixed", 800085)]


def test_a_shown_line_whose_cycle_is_edited_is_told_to_leave_its_group() -> None:
    first = decided(an_update_command(an_update(a_cart(a_line(), a_line()))))
    cart = shown(first)
    cart["lineItems"][0]["billingCycle"] = "annual"
    edited = an_update_command(an_update(cart), message_id="edited")
    del cart["lineItems"][0]["orderGroup"]
    without_group = an_update_command(an_update(cart), message_id="without-group")

    mixed, split = (shown(decided(each, a_situation_after(first))) for each in (edited, without_group))

    assert codes_of(mixed) == [("0", 800085)]
    assert mixed["orderErrors"][0]["description"].endswith("give these lines different order groups, or none")
    assert ("orderErrors" in split, members(split, "orderGroup")) == (False, ["1", "0"])


def test_a_partner_who_has_to_attest_is_told_before_the_checkout() -> None:
    catalog = a_catalog(a_catalog_item(enforce_attestation=True))
    partner = {"key": "transaction_reseller", "value": "1234567"}
    line = a_line(attestationAccepted=True, participants=[partner])

    body = shown(decided(an_update_command(an_update(a_cart(line))), catalog=catalog))

    assert (codes_of(body), members(body, "error")) == ([("0", 900206)], [None])


def test_a_cart_that_is_expired_is_told_before_the_checkout() -> None:
    first = decided(an_update_command())
    late = NOW + timedelta(days=8)

    second = decided(
        an_update_command(message_id="late", asked=late, received=late), a_situation_after(first)
    )

    assert codes_of(shown(second)) == [("0", 800008)]


def test_of_a_group_that_is_ordered_no_error_is_told_although_it_could_be_ordered_no_more() -> None:
    ordered, bad = a_line(orderGroup="ordered"), a_line(orderGroup="bad", quantity=1001)
    first = decided(a_command(a_checkout(a_cart(ordered, bad))))
    sold_no_longer = a_catalog(a_catalog_item(on_sale=False))
    update = an_update_command(an_update(a_cart(ordered, bad)), message_id="update")

    body = shown(decided(update, a_situation_after(first), sold_no_longer))

    assert codes_of(body) == [("bad", 800020)]
    assert [error and error["errorCode"] for error in members(body, "error")] == [None, 10001]


def test_of_a_cart_that_can_be_ordered_no_errors_are_told() -> None:
    assert "orderErrors" not in updated()


def test_an_error_a_status_and_a_version_that_a_producer_claims_are_not_believed() -> None:
    error = {"errorCode": 10001, "errorDescription": "claimed"}

    body = updated(
        a_line(error=error, addonItems=[a_line(error=error)]),
        status="Ordered",
        cartVersion=41,
        customerId="x",
    )

    assert members(body, "error") == [None, None]
    assert (body["status"], body["cartVersion"], body["customerId"]) == ("Active", 1, CUSTOMER)


def test_a_mended_line_loses_its_error() -> None:
    first = decided(an_update_command(an_update(a_cart(a_line(quantity=1001)))))
    mended = shown(first)["lineItems"][0] | {"quantity": 1}

    second = decided(
        an_update_command(an_update(a_cart(mended)), message_id="again"), a_situation_after(first)
    )

    assert members(shown(second), "error") == [None]


@pytest.mark.parametrize("sent_back", ["as-it-is", "as-stored"])
def test_a_cart_that_cart_updated_showed_can_be_sent_back(sent_back: str) -> None:
    line = a_line(quantity=1001, wild=[1], addonItems=[a_line(catalogItemId=OTHER_ITEM)])
    first = decided(an_update_command(an_update(a_cart(line, a_line(), pricing={"total": 1.5}))))
    body = shown(first)
    cart = body if sent_back == "as-it-is" else without(body, *BESIDE_THE_CART)

    second = decided(an_update_command(an_update(cart), message_id="again"), a_situation_after(first))

    assert shown(second) == body | {"cartVersion": 2}
    content = json.loads(stored(second).content.to_json())
    assert content.keys().isdisjoint(BESIDE_THE_CART)
    assert content == without(body, *BESIDE_THE_CART)


@pytest.mark.parametrize(
    "names",
    [
        BESIDE_THE_CART,
        ("CUSTOMERID", "CartID", "cartversion", "OrderErrors"),
        ("customer_id", "cart_id", "cart_version", "order_errors"),
    ],
    ids=["as-sent", "other-case", "snake-case"],
)
def test_what_the_event_says_beside_the_cart_is_no_part_of_the_cart(names: tuple[str, ...]) -> None:
    inside = dict.fromkeys(names, "somebody else's")

    plain, beside = updated(), updated(**inside)

    assert beside == plain


@pytest.mark.parametrize("name", ["cls", "self", "_fields_set", "model_fields", "__dict__", "lineitems2"])
def test_a_member_may_have_any_name(name: str) -> None:
    sent = {name: ["kept", 1]}

    body = updated(a_line(**sent), **sent)

    assert (body[name], body["lineItems"][0][name]) == (["kept", 1], ["kept", 1])


def test_unknown_members_are_shown_as_they_came() -> None:
    pricing = {"listPrice": 0.05, "tiers": [{"grain": None}]}

    body = updated(a_line(pricing=pricing), pricing=pricing)

    assert (body["pricing"], body["lineItems"][0]["pricing"]) == (pricing, pricing)


def test_a_stored_cart_can_be_read_again() -> None:
    content = stored(decided(an_update_command(an_update(a_cart(a_line(quantity=1001), a_line()))))).content

    assert Cart.model_validate(json.loads(content.to_json())) == content


def test_the_event_answers_who_asked_and_is_about_the_cart() -> None:
    event = decided(an_update_command(message_id="m")).event

    assert (event.routing_key, event.subject) == ("cart.updated.storefront-eu", f"{CUSTOMER}/{CART}")
    assert event.time == "2026-03-14T09:26:53.589793Z"
    assert event.id != decided(an_update_command(message_id="n")).event.id


def test_an_item_that_is_not_in_the_catalog_is_no_reason_to_reject_the_cart() -> None:
    body = updated(a_line(catalogItemId="unheard-of"), a_line(catalogItemId=ITEM))

    assert [error and error["errorCode"] for error in members(body, "error")] == [10001, None]
