"""cartVersion counts up, and a command that names another one does nothing."""

import json
from typing import Any

import pytest

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

BAD = a_line(quantity=1001)


def decided(checkout: dict[str, Any], situation: Situation, message_id: str = "m") -> Decided:
    decision = decide(a_command(checkout, message_id=message_id), situation, a_catalog())
    assert isinstance(decision, Decided)
    return decision


def test_every_checkout_counts_the_version_up_ordered_or_not() -> None:
    situation, versions = Situation(), []
    for number, checkout in enumerate([a_checkout(a_cart(BAD)), a_checkout_by_reference(), a_checkout()]):
        decision = decided(checkout, situation, f"m{number}")
        situation = a_situation_after(decision, situation)
        versions.append(
            (decision.cart_version, json.loads(decision.event.body)["cartVersion"], situation.cart.version)
        )

    assert versions == [(1, 1, 1), (2, 2, 2), (3, 3, 3)]


@pytest.mark.parametrize("asked_for", [0, 1, 3, 2_147_483_647])
@pytest.mark.parametrize(
    "checkout", [a_checkout(), a_checkout_by_reference()], ids=["inline", "by-reference"]
)
def test_another_version_than_the_stored_one_changes_nothing(
    checkout: dict[str, Any], asked_for: int
) -> None:
    once = a_situation_after(decided(a_checkout(a_cart(BAD)), Situation()))
    twice = a_situation_after(decided(a_checkout(a_cart(BAD)), once, "m2"), once)

    decision = decided({**checkout, "cartVersion": asked_for}, twice, "m3")

    body = json.loads(decision.event.body)
    assert decision.event.type == "checkout.failed"
    assert [(each["orderGroupId"], each["code"]) for each in body["orderErrors"]] == [("", 800036)]
    assert (body["cartVersion"], body["cartStatus"], body["orders"]) == (2, "Active", [])
    assert (decision.orders, decision.cart, decision.cart_version) == ((), None, 2)


def test_the_stored_version_is_checked_out() -> None:
    once = a_situation_after(decided(a_checkout(a_cart(BAD)), Situation()))

    decision = decided(a_checkout(cartVersion=1), once, "m2")

    assert (decision.event.type, decision.cart_version) == ("checkout.completed", 2)


def test_a_cart_that_is_not_stored_has_version_0() -> None:
    assert decided(a_checkout(cartVersion=0), Situation()).event.type == "checkout.completed"
    assert [each.code for each in decided(a_checkout(cartVersion=1), Situation()).errors] == [800036]
    assert [each.code for each in decided(a_checkout_by_reference(cartVersion=0), Situation()).errors] == [
        800008
    ]


STORED = "The cart has version 1, not 5; take cartVersion from this answer and the lines from the latest cart"
NOT_STORED = "This customer has no cart of this id (version 0), and the command names version 5; send the "


@pytest.mark.parametrize(("is_stored", "told"), [(True, STORED), (False, NOT_STORED)])
def test_a_refusal_tells_what_to_do_without_reading_the_cart(*, is_stored: bool, told: str) -> None:
    situation = Situation()
    if is_stored:
        situation = a_situation_after(decided(a_checkout(a_cart(BAD)), situation))

    (error,) = decided(a_checkout_by_reference(cartVersion=5), situation, "m2").errors

    assert error.description.startswith(told)


def test_a_refusal_tells_that_the_cart_is_ordered() -> None:
    once = a_situation_after(decided(a_checkout(), Situation()))

    body = json.loads(decided(a_checkout(cartVersion=7), once, "m2").event.body)

    assert (body["cartStatus"], body["orders"]) == ("Ordered", [])
