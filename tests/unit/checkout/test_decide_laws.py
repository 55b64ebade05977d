"""What holds for the decision on every checkout."""

import json
from collections import Counter
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from contracts.cart import Cart, CartLineItem
from contracts.order import Order
from tests.builders import (
    a_cart,
    a_checkout,
    a_checkout_by_reference,
    a_command,
    a_line,
    a_situation_after,
    an_open_catalog,
    the_order,
)
from tests.strategies import carts, catalogs, checkouts, respelled
from worker.checkout.catalog import Catalog
from worker.checkout.command import Command
from worker.checkout.decide import decide
from worker.checkout.decision import Decided
from worker.checkout.situation import ExistingOrder, Situation, StoredCart


def decided(command: Command, situation: Situation, catalog: Catalog) -> Decided:
    decision = decide(command, situation, catalog)
    assert isinstance(decision, Decided)
    return decision


def lines_of(decision: Decided) -> dict[str, list[CartLineItem]]:
    """The lines of each group, add-ons included, as they are stored."""
    assert decision.cart is not None
    groups: dict[str, list[CartLineItem]] = {}
    for line in decision.cart.content.all_lines():
        groups.setdefault(line.order_group or "", []).append(line)
    return groups


def _unknown_members(order: Order) -> dict[str, Any]:
    links = (order.links, *(line.links for line in order.line_items))
    models = (order, *order.line_items, *links)
    return {name: value for model in models for name, value in (model.model_extra or {}).items()}


def from_the_database(situation: Situation) -> Situation:
    """The situation after its JSON was written and read."""
    content = situation.cart.content
    assert content is not None
    cart = Cart.model_validate(json.loads(content.to_json()))
    orders = {
        group: ExistingOrder(each.content_hash, Order.model_validate_json(each.order.to_json()))
        for group, each in situation.orders.items()
    }
    return Situation(StoredCart(situation.cart.version, cart, situation.cart.group_numbers), orders)


@given(checkouts(), catalogs())
def test_every_group_has_an_order_or_an_error_and_never_both(
    checkout: dict[str, Any], catalog: Catalog
) -> None:
    decision = decided(a_command(checkout), Situation(), catalog)

    ordered = [each.group for each in decision.orders]
    failed = [each.order_group_id for each in decision.errors]
    assert Counter(ordered + failed) == Counter(lines_of(decision).keys())
    body = json.loads(decision.event.body)
    assert [each["id"] for each in body["orders"]] == [each.members["id"] for each in decision.orders]
    assert [each["orderGroupId"] for each in body["orderErrors"]] == failed
    assert decision.event.type == (
        "checkout.completed" if not failed else "checkout.partial" if ordered else "checkout.failed"
    )
    assert body["cartStatus"] == ("Active" if failed else "Ordered")


@given(checkouts(), catalogs())
def test_an_order_holds_the_lines_of_its_group_with_their_quantities(
    checkout: dict[str, Any], catalog: Catalog
) -> None:
    decision = decided(a_command(checkout), Situation(), catalog)

    groups = lines_of(decision)
    for made in decision.orders:
        lines = the_order(made).line_items
        assert [(each.offer_id, each.quantity) for each in lines] == [
            (line.catalog_item_id, line.quantity) for line in groups[made.group]
        ]
        assert [each.line_item_number for each in lines] == list(range(len(lines)))
        assert {(line.billing_cycle, line.currency_code) for line in groups[made.group]} == {
            (the_order(made).billing_cycle, the_order(made).currency_code)
        }


@given(checkouts(), catalogs())
def test_an_order_is_written_as_the_contract_writes_it(checkout: dict[str, Any], catalog: Catalog) -> None:
    for made in decided(a_command(checkout), Situation(), catalog).orders:
        order = the_order(made)
        assert order.to_json() == made.content
        assert _unknown_members(order) == {}


@given(checkouts(), catalogs())
def test_deciding_twice_gives_the_same_bytes(checkout: dict[str, Any], catalog: Catalog) -> None:
    first, second = (decided(a_command(checkout), Situation(), catalog) for _ in range(2))

    assert first == second
    assert first.event.body == second.event.body


@given(st.data(), catalogs())
def test_deciding_a_respelled_command_gives_the_same_bytes(data: st.DataObject, catalog: Catalog) -> None:
    checkout = data.draw(checkouts())

    first, second = (
        decided(a_command(each), Situation(), catalog) for each in (checkout, data.draw(respelled(checkout)))
    )

    assert first.event.body == second.event.body


@given(checkout=checkouts(), catalog=catalogs(), by_reference=st.booleans())
def test_deciding_again_repeats_every_order_byte_by_byte_and_makes_none(
    checkout: dict[str, Any], catalog: Catalog, *, by_reference: bool
) -> None:
    first = decided(a_command(checkout), Situation(), catalog)
    after = from_the_database(a_situation_after(first))

    again = decided(
        a_command(a_checkout_by_reference() if by_reference else checkout, message_id="again"), after, catalog
    )

    orders_before, orders_again = (json.loads(each.event.body)["orders"] for each in (first, again))
    assert (orders_again, again.orders, again.errors) == (orders_before, (), first.errors)
    assert again.cart_version == 2


@given(carts(), carts(), catalogs(), catalogs())
def test_no_group_is_ever_ordered_twice(
    cart: dict[str, Any], other: dict[str, Any], catalog: Catalog, later: Catalog
) -> None:
    first = decided(a_command(a_checkout(cart)), Situation(), catalog)
    after = a_situation_after(first)

    second = decided(a_command(a_checkout(other), message_id="again"), after, later)

    assert not {each.group for each in second.orders} & after.orders.keys()
    ids = [each.members["id"] for each in (*first.orders, *second.orders)]
    assert len({*ids}) == len(ids)


@given(checkouts())
def test_one_bad_line_fails_its_group_alone(checkout: dict[str, Any]) -> None:
    catalog = an_open_catalog()
    # An id of its own: add-ons are numbered after all lines, and an error names the line.
    bad = a_line(id="the bad line", orderGroup="the bad group", termDuration="never")
    cart = checkout["cart"]
    alone = decided(a_command(checkout), Situation(), catalog)

    beside = decided(
        a_command(
            a_checkout(a_cart(*cart["lineItems"], bad, **{k: cart[k] for k in cart if k != "lineItems"}))
        ),
        Situation(),
        catalog,
    )

    assert beside.orders == alone.orders
    assert beside.errors[:-1] == alone.errors
    expired = alone.errors and alone.errors[0].code == 800008
    assert (beside.errors[-1].order_group_id, expired or beside.errors[-1].code == 800121) == (
        "the bad group",
        True,
    )


@given(checkouts(), catalogs())
def test_the_stored_cart_is_read_as_it_was_written(checkout: dict[str, Any], catalog: Catalog) -> None:
    decision = decided(a_command(checkout), Situation(), catalog)

    assert decision.cart is not None
    content = decision.cart.content
    assert Cart.model_validate(json.loads(content.to_json())).to_json() == content.to_json()
