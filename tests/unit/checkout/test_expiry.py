"""When a cart expires, by whose word, and whom that concerns."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.builders import (
    NOW,
    a_cart,
    a_catalog,
    a_checkout,
    a_checkout_by_reference,
    a_command,
    a_line,
    a_situation_after,
)
from worker.checkout.decide import decide
from worker.checkout.decision import CartChange, Decided
from worker.checkout.situation import Situation

WEEK = timedelta(days=7)
TICK = timedelta(microseconds=1)
BAD = a_line(orderGroup="bad", quantity=1001)


def decided(
    checkout: dict[str, Any],
    situation: Situation | None = None,
    asked: datetime = NOW,
    received: datetime = NOW,
) -> Decided:
    command = a_command(checkout, message_id=f"at {asked}", asked=asked, received=received)
    decision = decide(command, situation or Situation(), a_catalog())
    assert isinstance(decision, Decided)
    return decision


def codes(decision: Decided) -> list[tuple[str, int]]:
    return [(each.order_group_id, each.code) for each in decision.errors]


def stored(decision: Decided) -> CartChange:
    assert decision.cart is not None
    return decision.cart


def inline(expires: str) -> dict[str, Any]:
    return a_checkout(a_cart(expirationTimestamp=expires))


def test_a_cart_expires_seven_days_after_its_creation() -> None:
    change = stored(decided(a_checkout(a_cart(creationTimestamp="2026-03-10T00:00:00.1234567Z"))))

    assert change.content.creation_timestamp == "2026-03-10T00:00:00.1234567Z"
    assert change.content.expiration_timestamp == "2026-03-17T00:00:00.123456Z"
    assert (change.created, change.expires) == (
        datetime(2026, 3, 10, 0, 0, 0, 123456, tzinfo=UTC),
        datetime(2026, 3, 17, 0, 0, 0, 123456, tzinfo=UTC),
    )


def test_an_expiration_is_echoed_as_it_came() -> None:
    change = stored(decided(inline("2026-03-20T02:00:00.1234567+02:00")))

    assert change.content.expiration_timestamp == "2026-03-20T02:00:00.1234567+02:00"
    assert change.expires == datetime(2026, 3, 20, 0, 0, 0, 123456, tzinfo=UTC)


def test_a_cart_without_a_creation_was_created_now() -> None:
    change = stored(decided(a_checkout()))

    assert (change.created, change.expires) == (NOW, NOW + WEEK)


@pytest.mark.parametrize(("asked", "errors"), [(NOW + WEEK - TICK, []), (NOW + WEEK, [("bad", 800008)])])
def test_expiry_is_judged_when_it_was_asked_and_not_when_it_arrived(
    asked: datetime, errors: list[tuple[str, int]]
) -> None:
    before = a_situation_after(decided(a_checkout(a_cart(BAD))))
    mended = a_checkout(a_cart(a_line(orderGroup="bad")))

    assert codes(decided(mended, before, asked=asked, received=NOW + 9 * WEEK)) == errors


@pytest.mark.parametrize(
    ("expires", "errors"),
    [
        ("2026-03-14T09:26:53.589793Z", [("0", 800008)]),
        ("2026-03-14T09:26:53.589794Z", []),
        ("2026-03-14T11:26:53.589793+02:00", [("0", 800008)]),
        ("2020-01-01T00:00:00Z", [("0", 800008)]),
        ("9999-12-31T23:59:59Z", []),
        ("0001-01-01T00:00:00Z", []),
    ],
)
def test_the_expiration_of_a_cart_that_is_not_stored_is_believed(
    expires: str, errors: list[tuple[str, int]]
) -> None:
    assert codes(decided(inline(expires))) == errors


def test_the_stored_expiration_beats_the_one_that_comes_along() -> None:
    before = a_situation_after(decided(a_checkout(a_cart(BAD))))
    later = NOW + WEEK

    extended = decided(inline("2099-01-01T00:00:00Z"), before, asked=later, received=later)
    shortened = decided(inline("2026-03-14T00:00:00Z"), before)

    assert (codes(extended), codes(shortened)) == ([("0", 800008)], [])
    assert [stored(each).content.expiration_timestamp for each in (extended, shortened)] == [
        "2026-03-21T09:26:53.589793Z",
        "2026-03-21T09:26:53.589793Z",
    ]


def test_the_stored_creation_beats_the_one_that_comes_along() -> None:
    before = a_situation_after(decided(a_checkout(a_cart(BAD))))

    change = stored(decided(a_checkout(a_cart(creationTimestamp="2020-01-01T00:00:00Z")), before))

    assert (change.content.creation_timestamp, change.created) == ("2026-03-14T09:26:53.589793Z", NOW)


def test_expiry_fails_only_the_groups_without_an_order() -> None:
    good = a_line(orderGroup="good")
    first = decided(a_checkout(a_cart(good, BAD)))
    late = NOW + WEEK

    again = decided(a_checkout_by_reference(), a_situation_after(first), asked=late, received=late)

    assert codes(again) == [("bad", 800008)]
    assert again.event.type == "checkout.partial"
    assert json.loads(again.event.body)["orders"] == json.loads(first.event.body)["orders"]


def test_a_checkout_of_an_ordered_cart_repeats_its_orders_after_expiry() -> None:
    first = decided(a_checkout())
    late = NOW + WEEK

    again = decided(a_checkout(), a_situation_after(first), asked=late, received=late)

    assert (again.event.type, again.orders, codes(again)) == ("checkout.completed", (), [])


def test_a_cart_of_the_last_week_that_can_be_written_does_not_break_the_decision() -> None:
    assert codes(decided(a_checkout(a_cart(creationTimestamp="9999-12-31T23:59:59Z")))) == []
