"""What holds for one cart over its life: updates and checkouts in any order, some of them more than once."""

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from hypothesis import given, settings

from contracts.cart import Cart, CartLineItem
from contracts.order import Order
from tests.builders import (
    NOW,
    a_catalog,
    a_checkout,
    a_checkout_by_reference,
    a_command,
    a_situation_after,
    an_update,
    an_update_command,
    without,
)
from tests.deciding import BESIDE_THE_CART
from tests.lives import lives
from worker.checkout.command import Command
from worker.checkout.content import group_hash
from worker.checkout.decide import decide
from worker.checkout.decision import Decided, Decision, Repeated, Reused
from worker.checkout.situation import Earlier, ExistingOrder, Situation

CATALOG = a_catalog()


@dataclass
class Life:
    """A cart and what was decided about it so far, as the database keeps it."""

    situation: Situation = field(default_factory=Situation)
    outcomes: dict[str, Earlier] = field(default_factory=dict)

    def decide(self, command: Command) -> Decision:
        earlier = self.outcomes.get(command.message_id)
        decision = decide(command, replace(self.situation, earlier=earlier), CATALOG)
        if isinstance(decision, Decided):
            self.outcomes[command.message_id] = Earlier(command.content_hash, decision.event)
            self.situation = _read_back(a_situation_after(decision, self.situation))
        return decision

    @property
    def lines(self) -> list[CartLineItem]:
        content = self.situation.cart.content
        return list(content.all_lines()) if content else []

    @property
    def groups(self) -> set[str | None]:
        return {line.order_group for line in self.lines}


def _read_back(situation: Situation) -> Situation:
    """After its JSON was written and read."""
    content = situation.cart.content
    orders = {
        group: ExistingOrder(each.content_hash, Order.model_validate_json(each.order.to_json()))
        for group, each in situation.orders.items()
    }
    stored = Cart.model_validate(json.loads(content.to_json())) if content else None
    return Situation(replace(situation.cart, content=stored), orders)


def _edited(cart: Cart, wanted: dict[str, Any]) -> dict[str, Any]:
    """A cart as it is shown, with what is wanted of its first line."""
    shown: dict[str, Any] = json.loads(cart.to_json())
    change = {name: wanted[name] for name in ("quantity", "billingCycle", "currencyCode")}
    shown["lineItems"][0] |= change
    return shown


def _command(step: dict[str, Any], received: datetime, stored: Cart | None) -> Command:
    asked = received - timedelta(hours=step["hours_late"])
    version = {} if step["version"] is None else {"cartVersion": step["version"]}
    message_id = step["message_id"]
    if step["command"] in {"update", "edit"}:
        wanted = step["cart"]
        cart = _edited(stored, wanted["lineItems"][0]) if stored and step["command"] == "edit" else wanted
        update = an_update(cart, **version)
        return an_update_command(update, message_id=message_id, asked=asked, received=received)
    document = a_checkout(step["cart"]) if step["command"] == "checkout" else a_checkout_by_reference()
    return a_command(document | version, message_id=message_id, asked=asked, received=received)


def lived(steps: list[dict[str, Any]]) -> Iterator[tuple[Life, Life, Decision]]:
    """The cart before a step, after it, and the decision between."""
    life, received = Life(), NOW
    for step in steps:
        received += timedelta(hours=step["hours"])
        before = Life(life.situation, dict(life.outcomes))
        decision = life.decide(_command(step, received, life.situation.cart.content))
        yield before, life, decision


def body_of(decision: Decided) -> dict[str, Any]:
    body = json.loads(decision.event.body)
    assert isinstance(body, dict)
    return body


# A line that is ordered twice takes three steps that fit together.
@settings(max_examples=600)
@given(lives())
def test_no_group_and_no_line_is_ordered_twice(steps: list[dict[str, Any]]) -> None:
    groups: Counter[str] = Counter()
    tags: Counter[str] = Counter()
    for _, after, decision in lived(steps):
        if isinstance(decision, Decided):
            new = {each.group for each in decision.orders}
            groups.update(new)
            extras = [line.model_extra or {} for line in after.lines if line.order_group in new]
            tags.update(extra["tag"] for extra in extras if "tag" in extra)

    assert max([0, *groups.values(), *tags.values()]) <= 1


@given(lives())
def test_a_message_that_comes_again_repeats_its_event_and_changes_nothing(
    steps: list[dict[str, Any]],
) -> None:
    for before, after, decision in lived(steps):
        earlier = before.outcomes.get(decision.command.message_id)
        if earlier is None:
            assert isinstance(decision, Decided)
        elif earlier.content_hash == decision.command.content_hash:
            assert decision == Repeated(decision.command, earlier.event)
        else:
            assert decision == Reused(decision.command)
        if earlier is not None:
            assert (after.situation, after.outcomes) == (before.situation, before.outcomes)


@given(lives())
def test_every_command_that_is_applied_counts_the_version_up_by_one(steps: list[dict[str, Any]]) -> None:
    for before, after, decision in lived(steps):
        old, new = before.situation.cart.version, after.situation.cart.version
        if isinstance(decision, Decided):
            assert (body_of(decision)["cartVersion"], decision.cart_version) == (new, new)
            assert new == old + (decision.cart is not None)
        if not isinstance(decision, Decided) or decision.cart is None:
            assert after.situation == before.situation


@given(lives())
def test_a_cart_is_ordered_when_every_group_of_it_has_an_order(steps: list[dict[str, Any]]) -> None:
    """Unless the last cart that came had a group that was refused, and so is not stored."""
    was_refused = False
    for _, after, decision in lived(steps):
        content = after.situation.cart.content
        if isinstance(decision, Decided) and decision.cart:
            was_refused = 800065 in [each.code for each in decision.errors]
        if content is not None:
            is_whole = after.groups <= after.situation.orders.keys()
            assert is_whole if content.status == "Ordered" else was_refused or not is_whole
        if isinstance(decision, Decided) and "cartStatus" in (body := body_of(decision)):
            assert body["cartStatus"] == (content.status if content else "Active")


@settings(max_examples=300)
@given(lives())
def test_a_completed_checkout_that_is_asked_for_anew_has_the_same_orders(steps: list[dict[str, Any]]) -> None:
    """Whatever happened to the cart since."""
    completed: list[Decided] = []
    for _, after, decision in lived(steps):
        if isinstance(decision, Decided) and decision.event.type == "checkout.completed":
            completed += [decision] if decision.command.body.cart else []
        for earlier in completed:
            anew = replace(earlier.command, body=earlier.command.body.changed(cart_version=None))
            again = decide(anew, after.situation, CATALOG)
            assert isinstance(again, Decided)
            assert (again.event.type, again.orders) == (earlier.event.type, ())
            assert body_of(again)["orders"] == body_of(earlier)["orders"]


@given(lives())
def test_what_was_ordered_stays_in_the_cart_as_it_was_ordered(steps: list[dict[str, Any]]) -> None:
    for _, after, _ in lived(steps):
        content = after.situation.cart.content
        for group, existing in after.situation.orders.items():
            assert content is not None
            lines = [line for line in content.line_items if line.order_group == group]
            assert group_hash(lines) == existing.content_hash
            quantities = [
                (line.catalog_item_id, line.quantity) for line in after.lines if line.order_group == group
            ]
            assert [(line.offer_id, line.quantity) for line in existing.order.line_items] == quantities


@given(lives())
def test_a_number_stays_with_its_cycle_and_currency(steps: list[dict[str, Any]]) -> None:
    for before, after, _ in lived(steps):
        old, new = before.situation.cart.group_numbers, after.situation.cart.group_numbers
        assert old.items() <= new.items()
        assert len({*new.values()}) == len(new)


@given(lives())
def test_line_ids_are_unique_in_the_stored_cart(steps: list[dict[str, Any]]) -> None:
    for _, after, _ in lived(steps):
        ids = [line.id for line in after.lines]
        assert None not in ids
        assert len({*ids}) == len(ids)


@given(lives())
def test_every_group_that_is_asked_for_is_answered_once(steps: list[dict[str, Any]]) -> None:
    """A checkout answers with the order or the error of each group, and with no other order."""
    for before, after, decision in lived(steps):
        if isinstance(decision, Decided) and "orders" in (body := body_of(decision)):
            stored = {each.order.id: group for group, each in after.situation.orders.items()}
            ordered = [stored[each["id"]] for each in body["orders"]]
            failed = [each["orderGroupId"] for each in body["orderErrors"]]
            assert max(Counter(ordered + failed).values()) == 1
            if decision.cart is not None:
                groups = after.groups - before.situation.orders.keys()
                assert groups <= {*ordered, *failed}


@given(lives())
def test_an_update_is_applied_or_says_why_not(steps: list[dict[str, Any]]) -> None:
    for before, after, decision in lived(steps):
        if isinstance(decision, Decided) and decision.event.type.startswith("cart."):
            body = body_of(decision)
            assert decision.orders == ()
            if decision.cart is None:
                assert (body["code"] in {800036, 800065}, body["deadLettered"]) == (True, False)
                assert after.situation == before.situation
            else:
                stored = after.situation.cart.content
                assert stored is not None
                shown = without(body, *BESIDE_THE_CART)
                assert shown == json.loads(stored.to_json())
                assert after.situation.orders.keys() == before.situation.orders.keys()


@given(lives())
def test_the_cart_that_an_update_shows_can_be_sent_back(
    steps: list[dict[str, Any]],
) -> None:
    for _, after, decision in lived(steps):
        if isinstance(decision, Decided) and decision.event.type == "cart.updated":
            shown = body_of(decision)
            # Asked when the first one was: what expired between asking and receipt is another matter.
            asked, received = decision.command.asked, decision.command.received
            last = after.situation.cart.content_asked
            # What was asked before lines that were stored already had to name their version; so has its echo.
            version = {"cartVersion": shown["cartVersion"]} if last and asked < last else {}
            update = an_update(shown, **version)
            back = an_update_command(update, message_id="back", asked=asked, received=received)
            again = decide(back, after.situation, CATALOG)
            assert isinstance(again, Decided)
            if shown["status"] == "Ordered":
                assert body_of(again)["code"] == 800065
            else:
                assert body_of(again) == shown | {"cartVersion": shown["cartVersion"] + 1}


@given(lives())
def test_an_update_tells_of_each_group_what_a_checkout_of_the_stored_cart_would(
    steps: list[dict[str, Any]],
) -> None:
    for _, after, decision in lived(steps):
        if isinstance(decision, Decided) and decision.event.type == "cart.updated":
            asked, received = decision.command.asked, decision.command.received
            by_id = a_command(a_checkout_by_reference(), message_id="by-id", asked=asked, received=received)
            checkout = decide(by_id, after.situation, CATALOG)
            assert isinstance(checkout, Decided)
            told, said = (body_of(each).get("orderErrors", []) for each in (decision, checkout))
            codes = [[(each["orderGroupId"], each["code"]) for each in errors] for errors in (told, said)]
            assert codes[0] == codes[1]


@given(lives())
def test_deciding_a_command_twice_gives_the_same_bytes(steps: list[dict[str, Any]]) -> None:
    for before, _, decision in lived(steps):
        again = before.decide(decision.command)
        assert again == decision
        if isinstance(again, Decided) and isinstance(decision, Decided):
            assert again.event.body == decision.event.body
