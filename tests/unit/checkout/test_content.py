"""Hashes of content: of a whole command, and of what a group orders."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.cart import CartLineItem
from contracts.reader import read_checkout, read_update
from tests.builders import (
    a_cart,
    a_checkout,
    a_checkout_by_reference,
    a_line,
    an_update,
    as_body,
    without,
)
from tests.strategies import lines
from worker.checkout.content import command_hash, group_hash


def hash_of(checkout: dict[str, Any]) -> bytes:
    return command_hash(read_checkout(as_body(checkout)))


def update_hash_of(update: dict[str, Any]) -> bytes:
    return command_hash(read_update(as_body(update)))


def group_hash_of(*each: dict[str, Any]) -> bytes:
    return group_hash([CartLineItem.model_validate(line) for line in each])


def test_a_hash_has_32_bytes() -> None:
    assert (len(hash_of(a_checkout())), len(group_hash_of(a_line()))) == (32, 32)


@pytest.mark.parametrize(
    "other",
    [
        a_checkout(cartVersion=None, cartId=""),
        a_checkout(a_cart(a_line(id=None, renewsTo=None, friendlyName=""))),
        a_checkout(a_cart(a_line(billingCycle="MONTHLY"))),
        a_checkout(a_cart(creationTimestamp="0001-01-01T00:00:00")),
        dict(reversed(a_checkout().items())),
    ],
    ids=range(5),
)
def test_another_spelling_of_a_command_has_the_same_content(other: dict[str, Any]) -> None:
    assert hash_of(other) == hash_of(a_checkout())


@pytest.mark.parametrize(
    "other",
    [
        a_checkout(cartVersion=0),
        a_checkout(cartId=a_cart()["id"]),
        a_checkout_by_reference(),
        a_checkout(a_cart(a_line(), a_line())),
        a_checkout(a_cart(a_line(quantity=2))),
        a_checkout(a_cart(a_line(friendlyName="f"))),
        a_checkout(a_cart(a_line(unknown=1))),
        a_checkout(a_cart(status="Active")),
    ],
    ids=range(8),
)
def test_another_command_has_other_content(other: dict[str, Any]) -> None:
    assert hash_of(other) != hash_of(a_checkout())


def test_an_update_of_other_lines_has_other_content() -> None:
    other = an_update(a_cart(a_line(quantity=2)))

    assert update_hash_of(other) != update_hash_of(an_update())


EVERYTHING = a_line(
    quantity=25,
    participants=[
        {"key": "Transaction_Reseller", "value": "1"},
        {"key": "additional_transaction_reseller", "value": "2"},
        {"key": "consumption_reseller", "value": "3"},
    ],
    additionalPartnerIdsOnRecord="4",
    provisioningContext={"Scope": "single", "region": "EU"},
    renewsTo={"termDuration": "P1Y"},
    promotionId="39NFJQT1PFPZ:0001:39NFJQT1Q5KX",
    customTermEndDate="2026-12-31T00:00:00.0000000Z",
    addonItems=[a_line(catalogItemId="add-on", quantity=5), a_line(catalogItemId="other")],
)


def test_what_was_stored_by_another_release_is_known_again() -> None:
    """Else a command that comes again would be another under its id, and each ordered group a changed one."""
    assert hash_of(a_checkout(a_cart(EVERYTHING), cartVersion=1)).hex() == (
        "a5bea90198ebb5e4ce2be5418e4389c1d553a84ae608e60c57343e032d8e2049"
    )
    assert update_hash_of(an_update(a_cart(EVERYTHING), cartVersion=1)).hex() == (
        "3366e9416bb9c3d534286513e2499be37a0f56de06150573a0643c70aa2cfcad"
    )
    assert group_hash_of(EVERYTHING, a_line()).hex() == (
        "9e7e726bcf971ef8c32080f394a2727ca9ae81fbff1618bd96c973472b90384e"
    )


def test_the_order_of_lines_is_content_of_a_command_and_not_of_a_group() -> None:
    first, second = a_line(), a_line(quantity=2)

    assert hash_of(a_checkout(a_cart(first, second))) != hash_of(a_checkout(a_cart(second, first)))
    assert group_hash_of(first, second) == group_hash_of(second, first)


@given(st.lists(lines(), min_size=1, max_size=4), st.randoms(use_true_random=False))
def test_a_group_is_a_multiset_of_lines(group: list[dict[str, Any]], random: Any) -> None:
    turned = random.sample(group, len(group))

    assert group_hash_of(*turned) == group_hash_of(*group)
    assert group_hash_of(*group, group[0]) != group_hash_of(*group)


def test_add_ons_and_participants_are_multisets_too() -> None:
    one, two = {"key": "transaction_reseller", "value": "1"}, {"key": "transaction_reseller", "value": "2"}
    small, large = a_line(quantity=1), a_line(quantity=2)

    assert group_hash_of(a_line(participants=[one, two], addonItems=[small, large])) == group_hash_of(
        a_line(participants=[two, one], addonItems=[large, small])
    )
    assert group_hash_of(a_line(participants=[one, one])) == group_hash_of(a_line(participants=[one]))
    assert group_hash_of(a_line(addonItems=[small, small])) != group_hash_of(a_line(addonItems=[small]))


def test_an_add_on_counts_as_what_it_is_and_not_as_a_line() -> None:
    assert group_hash_of(a_line(addonItems=[a_line()])) != group_hash_of(a_line(), a_line())


@pytest.mark.parametrize(
    "nothing",
    [
        {"participants": []},
        {"addonItems": []},
        {"provisioningContext": {}},
        {"renewsTo": {"termDuration": None}},
    ],
    ids=str,
)
def test_an_empty_member_orders_the_same_as_an_absent_one(nothing: dict[str, Any]) -> None:
    assert group_hash_of(a_line(**nothing)) == group_hash_of(a_line())


def test_a_line_orders_the_same_with_and_without_what_the_worker_fills_in() -> None:
    filled = a_line(id=0, orderGroup="0", error=None)

    assert group_hash_of(filled) == group_hash_of(without(a_line(), "id"))


def test_a_member_that_nobody_reads_is_no_content() -> None:
    assert hash_of(a_checkout(sentAt="now")) == hash_of(a_checkout())


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (
            {"customTermEndDate": "2026-12-31T00:00:00Z"},
            {"customTermEndDate": "2026-12-31T00:00:00.0000000Z"},
        ),
        (
            {"participants": [{"key": "transaction_reseller", "value": "1"}]},
            {"participants": [{"key": "Transaction_Reseller", "value": "1"}]},
        ),
        (
            {"participants": [{"key": "transaction_reseller", "value": "1"}]},
            {"partnerIdOnRecord": "1"},
        ),
        ({"provisioningContext": {"scope": "single"}}, {"provisioningContext": {"Scope": "single"}}),
        ({"provisioningContext": {"a": "1", "b": "2"}}, {"provisioningContext": {"b": "2", "a": "1"}}),
    ],
    ids=["date", "participant", "partner-on-record", "provisioning", "order-of-keys"],
)
def test_a_group_is_the_same_however_it_is_spelled(one: dict[str, Any], other: dict[str, Any]) -> None:
    assert group_hash_of(a_line(**one)) == group_hash_of(a_line(**other))


def test_what_makes_no_difference_to_the_order_makes_none_to_the_content() -> None:
    additional = {"key": "additional_transaction_reseller", "value": "1"}

    assert group_hash_of(a_line(provisioningContext={"a": ""})) == group_hash_of(a_line())
    assert group_hash_of(a_line(participants=[additional])) == group_hash_of(
        a_line(additionalPartnerIdsOnRecord=["1", "1"])
    )
