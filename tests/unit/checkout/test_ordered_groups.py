"""A group that has its order keeps it, whatever is sent afterwards."""

import json
from dataclasses import replace

from tests.builders import (
    a_cart,
    a_catalog,
    a_checkout,
    a_checkout_by_reference,
    a_command,
    a_line,
    a_situation_after,
)
from worker.checkout.decide import decide
from worker.checkout.decision import Decided
from worker.checkout.situation import Situation

ORDERED = a_line(id=0, orderGroup="g", quantity=5)
OTHER = a_line(id=0, orderGroup="g", quantity=9)
NEW = a_line(id=1, orderGroup="h")


def checked_out(*lines: dict[str, object], after: Decided | None = None) -> Decided:
    command = a_command(a_checkout(a_cart(*lines)), message_id=str(lines))
    decision = decide(command, a_situation_after(after) if after else Situation(), a_catalog())
    assert isinstance(decision, Decided)
    return decision


def test_other_content_for_an_ordered_group_leaves_status_and_lines_as_they_were() -> None:
    first = checked_out(ORDERED)

    second = checked_out(OTHER, after=first)

    assert [error.code for error in second.errors] == [800065]
    assert json.loads(second.event.body)["cartStatus"] == "Ordered"
    assert second.cart is not None
    assert [line.quantity for line in second.cart.content.line_items] == [5]


def test_a_cart_that_was_sent_with_other_content_can_still_be_checked_out_by_reference() -> None:
    first = checked_out(ORDERED)
    second = checked_out(OTHER, after=first)
    situation = replace(a_situation_after(second), orders=a_situation_after(first).orders)

    third = decide(a_command(a_checkout_by_reference()), situation, a_catalog())

    assert isinstance(third, Decided)
    assert third.errors == ()
    assert third.orders == ()


def test_a_new_group_beside_one_with_other_content_is_ordered() -> None:
    second = checked_out(OTHER, NEW, after=checked_out(ORDERED))

    assert [made.group for made in second.orders] == ["h"]
    assert [error.order_group_id for error in second.errors] == ["g"]


def test_a_cart_sent_along_with_fewer_groups_is_answered_by_these_alone() -> None:
    first = checked_out(ORDERED)

    second = checked_out(NEW, after=first)
    again = decide(
        a_command(a_checkout_by_reference(), message_id="again"),
        a_situation_after(second, a_situation_after(first)),
        a_catalog(),
    )

    assert isinstance(again, Decided)
    assert (second.event.type, _orders_of(second)) == ("checkout.completed", 1)
    assert _orders_of(again) == 2


def _orders_of(decision: Decided) -> int:
    return len(json.loads(decision.event.body)["orders"])
