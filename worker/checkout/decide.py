"""What a checkout leads to: (command, situation, catalog) -> decision."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from contracts.cart import Cart, CartError, CartLineItem
from contracts.checkout import CartCheckoutResult, OrderError
from contracts.codes import OrderErrorCode
from contracts.order import Order
from contracts.scalars import parse_timestamp
from contracts.wire import EventType
from worker.checkout.catalog import Catalog
from worker.checkout.command import Command
from worker.checkout.content import group_hash
from worker.checkout.context import Context
from worker.checkout.currencies import Currencies
from worker.checkout.decision import CartChange, Decided, Decision, NewOrder, Repeated, Reused
from worker.checkout.event import Event, event_id
from worker.checkout.grouping import Group, GroupedLines, group_lines
from worker.checkout.ordering import make_order, timestamp
from worker.checkout.rules import judge, ordered_with_other_content
from worker.checkout.situation import Situation

CART_LIFETIME: Final = timedelta(days=7)
_LAST_CREATION: Final = datetime.max.replace(tzinfo=UTC) - CART_LIFETIME
ACTIVE: Final = "Active"
ORDERED: Final = "Ordered"


@dataclass(frozen=True, slots=True)
class _Outcome:
    """What became of one group: the order it has, old or new, or its error. `is_ordered`: it has one."""

    group: Group
    is_ordered: bool
    order: Order | None = None
    new: NewOrder | None = None
    error: OrderError | None = None
    line_errors: Mapping[int | str, CartError] | None = None


def decide(command: Command, situation: Situation, catalog: Catalog) -> Decision:
    """Decide one checkout. Pure: the same arguments lead to the same decision, byte for byte."""
    if situation.earlier is not None:
        same = situation.earlier.content_hash == command.content_hash
        return Repeated(command, situation.earlier.event) if same else Reused(command)
    asked_for, stored = command.body.cart_version, situation.cart.version
    if asked_for is not None and asked_for != stored:
        return _nothing_done(
            command,
            situation,
            OrderErrorCode.CONDITION_FAILED,
            f"The cart has version {stored}, not {asked_for}; look at it and ask again",
        )
    cart = command.body.cart or situation.cart.content
    if cart is None:
        return _nothing_done(
            command,
            situation,
            OrderErrorCode.CART_ID_NOT_FOUND,
            "This customer has no stored cart with this id; send the cart along or make a new one",
        )
    return _check_out(command, cart, situation, catalog)


def _check_out(command: Command, cart: Cart, situation: Situation, catalog: Catalog) -> Decided:
    taken = situation.orders.keys()
    grouped = group_lines(cart, situation.cart.group_numbers, taken, Currencies(situation, catalog))
    lifetime = _Lifetime.of(cart, situation, command.received)
    expired = lifetime.expiration if command.asked >= lifetime.expires else None
    context = Context.of(cart, grouped.lines, owned={}, catalog=catalog, asked=command.asked)
    outcomes = [
        _settle_group(group, command, situation, context, expired=expired) for group in grouped.groups
    ]
    change = _changed_cart(command, cart, situation, grouped, lifetime, outcomes)
    errors = tuple(each.error for each in outcomes if each.error)
    orders = [each.order for each in outcomes if each.order]
    return Decided(
        command=command,
        event=_event(command, change.version, change.content.status or ACTIVE, orders, errors),
        cart_version=change.version,
        orders=tuple(each.new for each in outcomes if each.new),
        errors=errors,
        cart=change,
    )


def _settle_group(
    group: Group, command: Command, situation: Situation, context: Context, *, expired: str | None
) -> _Outcome:
    content_hash = group_hash(group.lines)
    existing = situation.orders.get(group.name)
    if existing is not None:
        if existing.content_hash == content_hash:
            return _Outcome(group, is_ordered=True, order=existing.order)
        return _Outcome(group, is_ordered=True, error=ordered_with_other_content(group))
    judgement = judge(group, context, expired=expired)
    if judgement.error is not None:
        return _Outcome(group, is_ordered=False, error=judgement.error, line_errors=judgement.line_errors)
    order = make_order(
        group,
        customer_id=command.customer_id,
        cart_id=command.cart_id,
        catalog=context.catalog,
        created=command.received,
    )
    new = NewOrder(group.name, content_hash, order)
    return _Outcome(group, is_ordered=True, order=order, new=new)


@dataclass(frozen=True, slots=True)
class _Lifetime:
    """When the cart was created and when it expires, as moments and as the text that is echoed."""

    creation: str
    expiration: str
    created: datetime
    expires: datetime

    @classmethod
    def of(cls, cart: Cart, situation: Situation, now: datetime) -> "_Lifetime":
        """What is stored beats what comes along; a cart that tells neither lives 7 days from now."""
        stored = situation.cart.content
        creation = (stored and stored.creation_timestamp) or cart.creation_timestamp or timestamp(now)
        created = parse_timestamp(creation)
        expiration = (stored and stored.expiration_timestamp) or cart.expiration_timestamp
        expiration = expiration or timestamp(min(created, _LAST_CREATION) + CART_LIFETIME)
        return cls(creation, expiration, created, parse_timestamp(expiration))


def _changed_cart(
    command: Command,
    cart: Cart,
    situation: Situation,
    grouped: GroupedLines,
    lifetime: _Lifetime,
    outcomes: Sequence[_Outcome],
) -> CartChange:
    content = cart.model_copy(
        update={
            "id": command.cart_id,
            "creation_timestamp": lifetime.creation,
            "expiration_timestamp": lifetime.expiration,
            "last_modified_timestamp": timestamp(command.received),
            "line_items": [line for each in outcomes for line in _lines_after(each, situation)],
            "status": ORDERED if all(each.is_ordered for each in outcomes) else ACTIVE,
            "attributes": {"objectType": "Cart"},
        }
    )
    return CartChange(
        version=situation.cart.version + 1,
        content=content,
        group_numbers=grouped.numbers,
        currencies=grouped.currencies,
        created=lifetime.created,
        expires=lifetime.expires,
    )


def _lines_after(outcome: _Outcome, situation: Situation) -> Sequence[CartLineItem]:
    """The lines that the cart has afterwards. What was ordered is not overwritten by what was not."""
    if outcome.is_ordered and outcome.error and situation.cart.content:
        stored = situation.cart.content.line_items
        ordered = [line for line in stored if line.order_group == outcome.group.name]
        return ordered or outcome.group.lines
    if not outcome.line_errors:
        return outcome.group.lines
    return [_with_error(line, outcome.line_errors) for line in outcome.group.lines]


def _with_error(line: CartLineItem, errors: Mapping[int | str, CartError]) -> CartLineItem:
    addons = [_with_error(addon, errors) for addon in line.addon_items or ()]
    return line.model_copy(
        update={"error": errors.get(line.id or 0), "addon_items": addons or line.addon_items}
    )


def _nothing_done(command: Command, situation: Situation, code: OrderErrorCode, why: str) -> Decided:
    """The answer to a checkout that concerns no group: it changes neither cart nor orders."""
    errors = (OrderError(order_group_id="", code=code, description=why),)
    stored = situation.cart
    status = (stored.content.status if stored.content else None) or ACTIVE
    event = _event(command, stored.version, status, [], errors)
    return Decided(command, event, stored.version, orders=(), errors=errors, cart=None)


def _event(
    command: Command, version: int, status: str, orders: list[Order], errors: Sequence[OrderError]
) -> Event:
    result = CartCheckoutResult(
        customer_id=command.customer_id,
        cart_id=command.cart_id,
        cart_version=version,
        cart_status=status,
        orders=orders,
        order_errors=list(errors),
    )
    return Event(
        id=event_id(command.customer_id, command.message_id),
        type=_event_type(orders, errors),
        body=result.to_json(),
        subject=f"{command.customer_id}/{command.cart_id}",
        time=timestamp(command.received),
        origin=command.origin,
    )


def _event_type(orders: Sequence[Order], errors: Sequence[OrderError]) -> EventType:
    if not errors:
        return EventType.CHECKOUT_COMPLETED
    return EventType.CHECKOUT_PARTIAL if orders else EventType.CHECKOUT_FAILED
