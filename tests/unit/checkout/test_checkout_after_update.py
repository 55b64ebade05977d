"""A stored cart that is checked out: by its id, or with a cart that comes along."""

from datetime import timedelta
from typing import Any

import pytest

from contracts.cart import CartLineItem
from tests.builders import (
    CART,
    NOW,
    a_cart,
    a_catalog,
    a_catalog_item,
    a_checkout,
    a_checkout_by_reference,
    a_command,
    a_line,
    a_situation_after,
    an_update,
    an_update_command,
    the_order,
)
from tests.deciding import body_of, decided, shown, stored
from worker.checkout.command import Command
from worker.checkout.decision import Decided
from worker.checkout.situation import Situation

GOOD = a_line(id="good", orderGroup="good")
BAD = a_line(id="bad", orderGroup="bad", quantity=1001)
NEW = a_line(id="new", orderGroup="new")
MORE = a_catalog(a_catalog_item(maximum_quantity=2000))


def after_update(*lines: dict[str, Any], before: Situation | None = None) -> Situation:
    update = an_update_command(an_update(a_cart(*lines)), message_id=f"update of {lines}")
    return a_situation_after(decided(update, before), before)


def after_checkout(*lines: dict[str, Any], before: Situation | None = None) -> Situation:
    command = inline(*lines, message_id=f"checkout of {lines}")
    return a_situation_after(decided(command, before), before)


def inline(*lines: dict[str, Any], message_id: str = "inline") -> Command:
    return a_command(a_checkout(a_cart(*lines)), message_id=message_id)


def by_reference(**members: Any) -> Command:
    return a_command(a_checkout_by_reference(**members), message_id="by-reference")


def errors_of(decision: Decided) -> list[tuple[str, int]]:
    return [(each.order_group_id, each.code) for each in decision.errors]


def lines_in(decision: Decided) -> list[tuple[Any, str | None, int]]:
    def told(line: CartLineItem) -> tuple[Any, str | None, int]:
        return line.id, line.order_group, line.quantity

    return [told(line) for line in stored(decision).content.all_lines()]


def test_a_checkout_by_reference_orders_the_lines_of_the_last_update() -> None:
    situation = after_update(GOOD, before=after_update(GOOD | {"quantity": 9}, NEW))

    decision = decided(by_reference(cartVersion=2), situation)

    assert decision.event.type == "checkout.completed"
    assert [(made.group, the_order(made).line_items[0].quantity) for made in decision.orders] == [("good", 1)]
    assert (decision.cart_version, body_of(decision)["cartStatus"]) == (3, "Ordered")


def test_an_add_on_that_was_nested_in_an_update_is_ordered_with_its_base() -> None:
    situation = after_update(a_line(addonItems=[a_line(quantity=3), a_line(quantity=4)]))

    (made,) = decided(by_reference(), situation).orders

    assert [line.quantity for line in the_order(made).line_items] == [1, 3, 4]


def test_an_error_that_an_update_showed_stays_until_another_update() -> None:
    situation = after_update(GOOD, BAD)

    decision = decided(by_reference(), situation, MORE)

    assert (decision.event.type, errors_of(decision)) == ("checkout.partial", [("bad", 800009)])
    kept = [line.error and line.error.error_code for line in stored(decision).content.line_items]
    assert kept == [None, 10010]
    again = decided(by_reference(), a_situation_after(decision, situation), MORE)
    assert errors_of(again) == [("bad", 800009)]


def test_errors_stay_on_lines_with_numbers_and_with_texts_for_ids() -> None:
    situation = after_update(BAD, BAD | {"id": 1, "orderGroup": "also bad"})

    decision = decided(by_reference(), situation, MORE)

    assert errors_of(decision) == [("bad", 800009), ("also bad", 800009)]


def test_an_error_of_a_cart_that_came_along_does_not_stay() -> None:
    """No update showed it: nobody is waited for to put it right."""
    for before in (None, after_update(GOOD, BAD)):
        failed = after_checkout(GOOD, BAD, before=before)

        decision = decided(by_reference(), failed, MORE)

        assert (decision.errors, [made.group for made in decision.orders]) == ((), ["bad"])


def test_a_line_that_was_mended_by_an_update_is_ordered() -> None:
    situation = after_update(GOOD, BAD | {"quantity": 1}, before=after_update(GOOD, BAD))

    decision = decided(by_reference(), situation)

    assert (decision.errors, [made.group for made in decision.orders]) == ((), ["good", "bad"])


def test_a_cart_that_comes_along_is_judged_anew() -> None:
    decision = decided(inline(GOOD, BAD), after_update(GOOD, BAD), MORE)

    assert (decision.errors, [made.group for made in decision.orders]) == ((), ["good", "bad"])


def test_an_inline_checkout_stores_the_cart_that_came_along() -> None:
    decision = decided(inline(NEW, BAD), after_update(GOOD))

    assert lines_in(decision) == [("new", "new", 1), ("bad", "bad", 1001)]
    assert decision.cart_version == 2


def test_an_inline_checkout_keeps_lines_of_ordered_groups_as_they_were_ordered() -> None:
    named = GOOD | {"friendlyName": "as ordered", "addonItems": [a_line(id="add-on", quantity=2)]}
    situation = after_checkout(named)
    renamed = GOOD | {"id": 7, "friendlyName": "now", "addonItems": [a_line(quantity=2)]}

    decision = decided(inline(NEW, renamed), situation)

    assert lines_in(decision) == [("new", "new", 1), ("good", "good", 1), ("add-on", "good", 2)]
    assert stored(decision).content.line_items[1].friendly_name == "as ordered"
    assert [len(body_of(decision)["orders"]), decision.errors] == [2, ()]


def test_an_inline_checkout_without_an_ordered_group_keeps_it_and_answers_for_what_was_asked() -> None:
    decision = decided(inline(NEW), after_checkout(GOOD))

    assert lines_in(decision) == [("new", "new", 1), ("good", "good", 1)]
    assert [each["id"] for each in body_of(decision)["orders"]] == [decision.orders[0].members["id"]]


MOVED: dict[str, list[dict[str, Any]]] = {
    "alone": [GOOD | {"orderGroup": "new"}],
    "with-other-content": [GOOD | {"orderGroup": "new", "quantity": 5}],
    "without-a-group": [GOOD | {"orderGroup": None}],
    "into-another-cycle": [GOOD | {"orderGroup": None, "billingCycle": "annual"}],
    "as-an-add-on": [a_line(id=8, orderGroup="new", addonItems=[GOOD | {"orderGroup": None}])],
}


@pytest.mark.parametrize("lines", MOVED.values(), ids=MOVED.keys())
def test_a_line_that_is_ordered_and_comes_in_another_group_is_never_ordered_again(
    lines: list[dict[str, Any]],
) -> None:
    situation = after_checkout(GOOD)

    first = decided(inline(*lines), situation)
    situation = a_situation_after(first, situation)
    by_id = decided(by_reference(), situation)

    assert [code for _, code in errors_of(first)] == [800065]
    assert first.orders == ()
    ordered = [line.offer_id for made in by_id.orders for line in the_order(made).line_items]
    assert len(ordered) == sum(line["id"] == 8 for line in lines)
    assert [each for each in lines_in(first) if each[0] == "good"] == [("good", "good", 1)]


def test_a_line_that_was_moved_fails_its_group_and_leaves_the_others_of_it_in_the_cart() -> None:
    moved = GOOD | {"orderGroup": "new"}

    decision = decided(inline(moved, NEW), after_checkout(GOOD))

    assert errors_of(decision) == [("new", 800065)]
    assert lines_in(decision) == [("new", "new", 1), ("good", "good", 1)]
    assert body_of(decision)["cartStatus"] == "Active"


def test_an_add_on_that_was_moved_leaves_the_others_of_its_base_in_the_cart() -> None:
    moved, sibling = GOOD | {"orderGroup": None}, a_line(id=9)
    base = a_line(id=8, orderGroup="new")

    for addons, left in (([moved, sibling], [sibling["id"]]), ([moved], None)):
        decision = decided(inline(base | {"addonItems": addons}), after_checkout(GOOD))

        line, ordered = stored(decision).content.line_items
        assert (line.id, ordered.id) == (8, "good")
        assert left == (None if line.addon_items is None else [each.id for each in line.addon_items])


def test_a_cart_of_nothing_but_a_moved_line_is_ordered_as_it_was() -> None:
    decision = decided(inline(GOOD | {"orderGroup": "new"}), after_checkout(GOOD))

    assert (body_of(decision)["cartStatus"], stored(decision).content.status) == ("Ordered", "Ordered")


def test_a_cart_whose_last_group_came_back_with_an_ordered_line_can_still_be_changed_and_ordered() -> None:
    situation = after_checkout(GOOD, BAD)
    refused = decided(inline(GOOD | {"orderGroup": "bad"}, message_id="refused"), situation)
    situation = a_situation_after(refused, situation)

    situation = after_update(GOOD, BAD | {"quantity": 1}, before=situation)
    decision = decided(by_reference(), situation)

    assert (errors_of(refused), body_of(refused)["cartStatus"]) == ([("bad", 800065)], "Active")
    assert ([made.group for made in decision.orders], decision.errors) == (["bad"], ())
    assert body_of(decision)["cartStatus"] == "Ordered"


def test_a_group_that_is_ordered_as_it_comes_is_not_refused_for_the_like_of_its_line() -> None:
    alike = [a_line(id=1, orderGroup="a"), a_line(id=2, orderGroup="b")]
    situation = after_checkout(*alike, a_line(id=3, orderGroup="c", quantity=1001))

    decision = decided(inline(alike[1] | {"orderGroup": "a"}), situation)

    assert (decision.event.type, body_of(decision)["cartStatus"]) == ("checkout.completed", "Ordered")


def test_a_cart_that_stayed_active_over_a_moved_line_is_ordered_by_its_next_checkout() -> None:
    situation = after_checkout(GOOD, BAD)
    situation = a_situation_after(decided(inline(GOOD | {"orderGroup": "bad"}), situation), situation)

    decision = decided(by_reference(), situation)

    assert (decision.event.type, decision.orders) == ("checkout.completed", ())
    assert body_of(decision)["cartStatus"] == "Ordered"


def test_the_like_of_an_ordered_line_is_ordered_under_an_id_of_its_own() -> None:
    decision = decided(inline(GOOD, GOOD | {"id": "twin", "orderGroup": "new"}), after_checkout(GOOD))

    assert ([made.group for made in decision.orders], decision.errors) == (["new"], ())


def test_a_cart_is_expired_by_its_stored_date_whatever_an_inline_one_says() -> None:
    situation = after_update(GOOD)
    late = NOW + timedelta(days=7)
    claimed = a_checkout(a_cart(GOOD, expirationTimestamp="2040-01-01T00:00:00Z"))

    for asked, codes in ((late, [800008]), (late - timedelta(microseconds=1), [])):
        decision = decided(a_command(claimed, asked=asked, received=late), situation)
        assert [code for _, code in errors_of(decision)] == codes


def test_an_update_does_not_put_off_when_a_cart_expires() -> None:
    later = NOW + timedelta(days=6)
    update = an_update_command(an_update(a_cart(NEW)), asked=later, received=later)
    situation = a_situation_after(decided(update, after_update(GOOD)))

    week = NOW + timedelta(days=7)
    expired = a_command(a_checkout_by_reference(), asked=week, received=week, message_id="late")

    assert errors_of(decided(expired, situation)) == [("new", 800008)]


def test_a_failed_checkout_leaves_a_cart_that_can_be_updated() -> None:
    situation = after_checkout(BAD)

    body = shown(decided(an_update_command(an_update(a_cart(NEW)), message_id="2"), situation))

    assert (body["cartVersion"], body["cartId"], body["status"]) == (2, CART, "Active")
