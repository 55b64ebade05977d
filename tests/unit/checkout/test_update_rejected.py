"""A business no to an update: nothing changes, and cart.rejected says why."""

import json
from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.builders import (
    CART,
    CUSTOMER,
    NOW,
    OTHER_CART,
    OTHER_ITEM,
    a_cart,
    a_catalog,
    a_checkout,
    a_checkout_by_reference,
    a_command,
    a_line,
    a_situation_after,
    an_update,
    an_update_command,
    without,
)
from tests.deciding import body_of, decided, shown, stored
from worker.checkout.decide import decide
from worker.checkout.decision import Decided, Repeated, Reused
from worker.checkout.situation import Earlier, Situation

SECOND = timedelta(seconds=1)
ON_THE_SECOND = NOW.replace(microsecond=0)
GOOD = a_line(id="good", orderGroup="good", addonItems=[a_line(id="add-on", catalogItemId=OTHER_ITEM)])
BAD = a_line(id="bad", orderGroup="bad", quantity=1001)
NEW = a_line(id="new", orderGroup="new")


def update_of(*lines: dict[str, Any], asked: datetime = NOW, **members: Any) -> Decided:
    """What becomes of an update of the cart whose group good is ordered and whose group bad is not."""
    return decided(an_update_command(an_update(a_cart(*lines), **members), asked=asked), PARTLY_ORDERED)


PARTLY_ORDERED = a_situation_after(decided(a_command(a_checkout(a_cart(GOOD, BAD)), message_id="first")))
ORDERED = a_situation_after(decided(a_command(message_id="first")))


def assert_rejected(decision: Decided, code: int, version: int) -> None:
    body = body_of(decision)
    assert decision.event.routing_key == "cart.rejected.storefront-eu"
    assert body.pop("description")
    assert body == {
        "code": code,
        "deadLettered": False,
        "violations": [],
        "customerId": CUSTOMER,
        "cartId": decision.command.cart_id,
        "cartVersion": version,
    }
    assert (decision.cart, decision.orders, decision.errors) == (None, (), ())
    assert decision.cart_version == version


@pytest.mark.parametrize("named", [0, 2, 2_147_483_647])
def test_another_version_than_the_stored_one(named: int) -> None:
    assert_rejected(update_of(GOOD, NEW, cartVersion=named), 800036, version=1)


def test_the_stored_version_is_updated() -> None:
    assert shown(update_of(GOOD, NEW, cartVersion=1))["cartVersion"] == 2


def test_a_cart_that_is_not_stored_has_version_0() -> None:
    assert shown(decided(an_update_command(an_update(cartVersion=0))))["cartVersion"] == 1
    assert_rejected(decided(an_update_command(an_update(cartVersion=1))), 800036, version=0)


def test_a_version_is_named_beside_the_cart_not_inside() -> None:
    decision = decided(an_update_command(an_update(a_cart(cartVersion=7))))

    assert shown(decision)["cartVersion"] == 1


@pytest.mark.parametrize(
    ("asked", "is_applied"),
    [
        (ON_THE_SECOND - SECOND, False),
        (ON_THE_SECOND - timedelta(microseconds=1), False),
        (ON_THE_SECOND, True),
        (NOW - timedelta(microseconds=1), True),
        (NOW, True),
        (NOW + SECOND, True),
    ],
    ids=["a-second-before", "the-second-before", "on-the-second", "just-before", "the-same-moment", "after"],
)
def test_an_update_that_was_asked_in_a_second_before_the_last_applied_one_is_superseded(
    asked: datetime, *, is_applied: bool
) -> None:
    situation = a_situation_after(decided(an_update_command(message_id="last", asked=NOW)))

    decision = decided(an_update_command(asked=asked), situation)

    if is_applied:
        assert shown(decision)["cartVersion"] == 2
    else:
        assert_rejected(decision, 800036, version=1)


def test_an_update_in_the_same_second_does_not_move_the_last_asked_back() -> None:
    situation = a_situation_after(decided(an_update_command(message_id="1", asked=NOW)))
    situation = a_situation_after(decided(an_update_command(message_id="2", asked=ON_THE_SECOND), situation))

    assert situation.cart.content_asked == NOW


def test_an_update_that_was_asked_between_two_applied_ones_is_superseded() -> None:
    situation = a_situation_after(decided(an_update_command(message_id="1", asked=NOW)))
    last = an_update_command(message_id="2", asked=NOW + 60 * SECOND)
    situation = a_situation_after(decided(last, situation))

    between = an_update_command(message_id="3", asked=NOW + 30 * SECOND)

    assert_rejected(decided(between, situation), 800036, version=2)


def test_who_names_the_stored_version_is_not_superseded_whatever_the_clocks_say() -> None:
    earlier = NOW - timedelta(hours=1)

    assert update_of(GOOD, asked=earlier, cartVersion=1).event.type == "cart.updated"
    assert_rejected(update_of(GOOD, asked=earlier, cartVersion=0), 800036, 1)
    assert_rejected(update_of(GOOD, asked=earlier), 800036, 1)


def test_a_rejected_update_supersedes_nothing() -> None:
    first = decided(an_update_command(message_id="1", asked=NOW))
    situation = a_situation_after(first)
    late = an_update_command(an_update(cartVersion=9), message_id="2", asked=NOW + 60 * SECOND)
    situation = a_situation_after(decided(late, situation), situation)

    third = decided(an_update_command(message_id="3", asked=NOW + 30 * SECOND), situation)

    assert shown(third)["cartVersion"] == 2


def test_a_cart_that_was_sent_along_with_a_checkout_supersedes_older_updates() -> None:
    failed = decided(a_command(a_checkout(a_cart(BAD)), message_id="1", asked=NOW))

    decision = decided(an_update_command(asked=NOW - SECOND), a_situation_after(failed))

    assert_rejected(decision, 800036, version=1)


def test_a_checkout_by_reference_supersedes_no_update() -> None:
    situation = a_situation_after(decided(an_update_command(an_update(a_cart(BAD)), message_id="1")))
    later = a_command(a_checkout_by_reference(), message_id="2", asked=NOW + 60 * SECOND)
    situation = a_situation_after(decided(later, situation), situation)

    assert shown(decided(an_update_command(asked=NOW + SECOND), situation))["cartVersion"] == 3


@pytest.mark.parametrize(
    "lines",
    [[a_line()], [a_line(orderGroup="0"), NEW], [NEW]],
    ids=["as-it-was-ordered", "with-a-new-group", "replaced"],
)
def test_an_ordered_cart_is_not_updated(lines: list[dict[str, Any]]) -> None:
    assert_rejected(decided(an_update_command(an_update(a_cart(*lines))), ORDERED), 800065, version=1)


CHANGED: dict[str, list[dict[str, Any]]] = {
    "removed": [NEW],
    "quantity": [GOOD | {"quantity": 2}],
    "item": [GOOD | {"catalogItemId": OTHER_ITEM}],
    "term": [GOOD | {"termDuration": "P1M"}],
    "cycle": [GOOD | {"billingCycle": "annual"}],
    "participants": [GOOD | {"participants": [{"key": "transaction_reseller", "value": "1"}]}],
    "add-on-removed": [without(GOOD, "addonItems")],
    "add-on-changed": [GOOD | {"addonItems": [GOOD["addonItems"][0] | {"quantity": 3}]}],
    "one-more": [GOOD, a_line(orderGroup="good")],
    "one-more-of-the-same": [GOOD, GOOD | {"id": "twin"}],
    "moved": [GOOD | {"orderGroup": "new"}],
    "moved-and-replaced-by-its-like": [GOOD | {"id": "twin", "addonItems": [{**NEW, "id": "other"}]}, GOOD],
    "moved-behind-its-like": [without(GOOD, "id"), GOOD | {"orderGroup": "new"}],
    "add-on-becomes-a-base": [GOOD, GOOD["addonItems"][0] | {"id": "add-on", "orderGroup": "good"}],
}


@pytest.mark.parametrize("lines", CHANGED.values(), ids=CHANGED.keys())
def test_lines_of_an_ordered_group_are_not_changed_moved_or_removed(lines: list[dict[str, Any]]) -> None:
    assert_rejected(update_of(*lines), 800065, version=1)


UNCHANGED: dict[str, list[dict[str, Any]]] = {
    "as-they-were": [GOOD],
    "other-ids": [GOOD | {"id": 5, "addonItems": [without(GOOD["addonItems"][0], "id")]}],
    "other-names": [GOOD | {"friendlyName": "seats", "note": 1}],
    "zero-ids": [GOOD | {"id": 0}, NEW | {"id": 0}],
    "the-same-id-in-a-new-group": [GOOD, GOOD | {"orderGroup": "new"}],
    "with-a-new-group": [NEW, GOOD],
    "with-a-group-that-failed": [BAD | {"quantity": 5}, GOOD],
}


@pytest.mark.parametrize("lines", UNCHANGED.values(), ids=UNCHANGED.keys())
def test_an_update_that_leaves_ordered_groups_alone_is_applied_and_keeps_their_lines_as_they_were_ordered(
    lines: list[dict[str, Any]],
) -> None:
    decision = update_of(*lines)

    kept = [line for line in shown(decision)["lineItems"] if line["orderGroup"] == "good"]
    content = PARTLY_ORDERED.cart.content
    assert content is not None
    ordered = json.loads(content.to_json())["lineItems"]
    assert kept == [line for line in ordered if line["orderGroup"] == "good"]
    assert {line.order_group for line in stored(decision).content.line_items} == {
        line["orderGroup"] for line in lines
    }


def test_a_cart_is_ordered_again_when_only_ordered_groups_remain() -> None:
    decision = update_of(GOOD)

    assert (shown(decision)["status"], stored(decision).content.status) == ("Ordered", "Ordered")
    assert_rejected(
        decided(
            an_update_command(an_update(a_cart(GOOD, NEW)), message_id="next"),
            a_situation_after(decision, PARTLY_ORDERED),
        ),
        800065,
        version=2,
    )


def test_a_cart_with_a_new_group_is_active() -> None:
    assert shown(update_of(GOOD, NEW))["status"] == "Active"


def test_the_version_is_looked_at_first_then_the_time_then_the_status() -> None:
    for update, asked in ((an_update(cartVersion=5), NOW), (an_update(), NOW - SECOND)):
        assert body_of(decided(an_update_command(update, asked=asked), ORDERED))["code"] == 800036


def test_a_rejection_is_repeated_for_the_same_request_even_when_it_would_be_applied_now() -> None:
    rejected = update_of(NEW)
    earlier = Earlier(rejected.command.content_hash, rejected.event)

    again = decide(rejected.command, Situation(earlier=earlier), a_catalog())

    assert again == Repeated(rejected.command, rejected.event)


def test_a_message_id_of_a_checkout_is_not_one_for_an_update_of_the_same_words() -> None:
    checkout, update = a_command(a_checkout(cartId=CART)), an_update_command()

    for command, other in ((checkout, update), (update, checkout)):
        earlier = Earlier(other.content_hash, decided(other).event)
        assert decide(command, Situation(earlier=earlier), a_catalog()) == Reused(command)


def test_a_rejection_names_the_cart_that_would_have_been_made() -> None:
    update = an_update(without(a_cart(), "id"), cartId=None, cartVersion=3)
    command = an_update_command(update)

    assert_rejected(decided(command), 800036, version=0)
    assert command.cart_id not in {CART, OTHER_CART}
