"""The same request again, and a cart that is checked out more than once."""

import json
from typing import Any

import pytest

from tests.builders import (
    NOW,
    a_cart,
    a_catalog,
    a_catalog_item,
    a_checkout,
    a_checkout_by_reference,
    a_command,
    a_line,
    a_situation_after,
)
from worker.checkout.catalog import Catalog
from worker.checkout.command import Command
from worker.checkout.decide import decide
from worker.checkout.decision import Decided, Repeated, Reused
from worker.checkout.situation import Earlier, Situation

GOOD = a_line(id="good", orderGroup="good")
BAD = a_line(id="bad", orderGroup="bad", quantity=1001)
MENDED = a_line(id="bad", orderGroup="bad")


def decided(command: Command, situation: Situation | None = None, catalog: Catalog | None = None) -> Decided:
    decision = decide(command, situation or Situation(), catalog or a_catalog())
    assert isinstance(decision, Decided)
    return decision


def checkout_of(*lines: dict[str, Any], message_id: str = "again") -> Command:
    return a_command(a_checkout(a_cart(*lines)), message_id=message_id)


FIRST = decided(checkout_of(GOOD, BAD, message_id="first"))
AFTER = a_situation_after(FIRST)


def test_the_same_request_repeats_the_stored_event_and_does_nothing() -> None:
    earlier = Earlier(FIRST.command.content_hash, FIRST.event)

    decision = decide(FIRST.command, Situation(AFTER.cart, AFTER.orders, earlier), a_catalog())

    assert decision == Repeated(FIRST.command, FIRST.event)


def test_a_message_id_with_other_content_is_reused() -> None:
    command = checkout_of(GOOD, message_id="first")
    earlier = Earlier(FIRST.command.content_hash, FIRST.event)

    assert decide(command, Situation(AFTER.cart, AFTER.orders, earlier), a_catalog()) == Reused(command)


def test_a_repeated_request_is_repeated_whatever_version_it_names() -> None:
    command = a_command(a_checkout(cartVersion=0))
    first = decided(command)
    after = a_situation_after(first)

    again = decide(
        command, Situation(after.cart, after.orders, Earlier(command.content_hash, first.event)), a_catalog()
    )

    assert again == Repeated(command, first.event)


def test_the_same_request_in_another_spelling_is_the_same() -> None:
    spelled = {"CARTID": None, "Cart": a_cart(GOOD, BAD), "CustomerId": FIRST.command.customer_id.upper()}
    command = a_command(spelled, message_id="first")

    decision = decide(
        command, Situation(earlier=Earlier(FIRST.command.content_hash, FIRST.event)), a_catalog()
    )

    assert decision == Repeated(command, FIRST.event)


@pytest.mark.parametrize(
    "command",
    [checkout_of(GOOD, BAD), a_command(a_checkout_by_reference(), message_id="again")],
    ids=["inline", "by-reference"],
)
def test_an_order_that_exists_is_repeated_and_a_group_that_failed_is_tried_again(command: Command) -> None:
    still_bad = decided(command, AFTER)
    cured = decided(command, AFTER, a_catalog(a_catalog_item(maximum_quantity=2000)))

    assert (still_bad.event.type, still_bad.orders) == ("checkout.partial", ())
    assert [(each.order_group_id, each.code) for each in still_bad.errors] == [("bad", 800017)]
    assert (cured.event.type, [each.group for each in cured.orders]) == ("checkout.completed", ["bad"])
    before, after = (json.loads(each.event.body)["orders"] for each in (FIRST, cured))
    assert after[0] == before[0]
    assert [len(before), len(after)] == [1, 2]


def test_an_order_keeps_the_date_at_which_it_was_made() -> None:
    later = a_command(a_checkout(a_cart(GOOD)), message_id="again", received=NOW.replace(hour=23))

    orders = json.loads(decided(later, AFTER).event.body)["orders"]

    assert [each["creationDate"] for each in orders] == ["2026-03-14T09:26:53.589793Z"]


def test_an_event_of_another_message_has_another_id() -> None:
    assert decided(checkout_of(GOOD, BAD), AFTER).event.id != FIRST.event.id


def test_a_mended_line_loses_its_error() -> None:
    decision = decided(checkout_of(GOOD, MENDED), AFTER)

    assert decision.cart is not None
    assert [line.error for line in decision.cart.content.line_items] == [None, None]
    assert decision.cart.content.status == "Ordered"


OTHER_CONTENT = [
    [GOOD | {"quantity": 2}],
    [GOOD | {"catalogItemId": "unheard-of"}],
    [GOOD | {"billingCycle": "annual"}],
    [GOOD | {"termDuration": "P1M"}],
    [GOOD | {"currencyCode": "EUR"}],
    [GOOD | {"promotionId": "p"}],
    [GOOD | {"customTermEndDate": "2026-12-31T00:00:00Z"}],
    [GOOD | {"renewsTo": {"termDuration": "P1Y"}}],
    [GOOD | {"provisioningContext": {"scope": "single"}}],
    [GOOD | {"participants": [{"key": "transaction_reseller", "value": "1"}]}],
    [GOOD | {"participants": [{"key": "consumption_reseller", "value": "1"}]}],
    [GOOD | {"partnerIdOnRecord": "1"}],
    [GOOD | {"addonItems": [a_line()]}],
    [GOOD, GOOD | {"id": "twin"}],
]


@pytest.mark.parametrize("lines", OTHER_CONTENT, ids=range(len(OTHER_CONTENT)))
def test_a_group_that_was_ordered_with_other_content_is_an_error_and_its_order_is_not_repeated(
    lines: list[dict[str, Any]],
) -> None:
    decision = decided(checkout_of(*lines, MENDED), AFTER)

    body = json.loads(decision.event.body)
    assert [(each["orderGroupId"], each["code"]) for each in body["orderErrors"]] == [("good", 800065)]
    assert [each.group for each in decision.orders] == ["bad"]
    assert [each["id"] for each in body["orders"]] == [decision.orders[0].members["id"]]
    assert body["cartStatus"] == "Ordered"


SAME_CONTENT = [
    GOOD | {"id": "other"},
    GOOD | {"friendlyName": "other"},
    GOOD | {"participants": [], "addonItems": []},
    GOOD | {"billingCycle": "Monthly", "currencyCode": "usd"},
    GOOD | {"error": {"errorCode": 1, "errorDescription": "d"}},
    GOOD | {"note": "unknown"},
]


@pytest.mark.parametrize("line", SAME_CONTENT, ids=range(len(SAME_CONTENT)))
def test_what_makes_no_difference_to_an_order_leaves_its_group_ordered(line: dict[str, Any]) -> None:
    decision = decided(checkout_of(line), AFTER)

    assert (decision.event.type, decision.orders) == ("checkout.completed", ())


def test_lines_of_an_ordered_group_may_come_in_another_order() -> None:
    lines = [GOOD, GOOD | {"id": "b", "quantity": 5}, GOOD | {"id": "c"}]
    after = a_situation_after(decided(checkout_of(*lines)))

    decision = decided(checkout_of(*reversed(lines), message_id="m2"), after)

    assert (decision.event.type, decision.orders) == ("checkout.completed", ())


def test_a_new_group_beside_an_ordered_one_is_ordered() -> None:
    after = a_situation_after(decided(checkout_of(GOOD)))

    decision = decided(checkout_of(GOOD, a_line()), after)

    assert [each.group for each in decision.orders] == ["0"]
    assert len(json.loads(decision.event.body)["orders"]) == 2


def test_a_line_without_a_group_never_joins_a_group_that_was_ordered_under_a_number() -> None:
    named = a_line(orderGroup="0", quantity=7)
    after = a_situation_after(decided(checkout_of(named)))

    decision = decided(checkout_of(a_line()), after)

    assert ([each.group for each in decision.orders], decision.errors) == (["1"], ())


def test_a_cart_without_groups_is_ordered_once_however_often_it_is_checked_out() -> None:
    lines = [a_line(), a_line(billingCycle="annual"), a_line(currencyCode="EUR")]
    after = a_situation_after(decided(checkout_of(*lines)))

    decision = decided(checkout_of(*lines, message_id="m2"), after)

    assert (decision.orders, decision.errors) == ((), ())
    assert len(json.loads(decision.event.body)["orders"]) == 3
