"""A checkout: an order for each group that can be ordered, an error for each that cannot."""

from collections.abc import Sequence
from dataclasses import dataclass

from pydantic_core import to_json

from contracts.cart import Cart
from contracts.checkout import CartCheckoutResult, CheckoutCart, OrderError
from contracts.codes import OrderErrorCode
from contracts.wire import EventType
from worker.checkout.cart_change import ACTIVE, Lifetime, changed_cart
from worker.checkout.catalog import Catalog
from worker.checkout.command import Command
from worker.checkout.content import group_hash
from worker.checkout.decision import Decided, NewOrder
from worker.checkout.event import Event, event_of
from worker.checkout.grouping import Group, group_lines
from worker.checkout.judging import judge_groups
from worker.checkout.ordering import make_order
from worker.checkout.rules import Judgement, ordered_with_other_content
from worker.checkout.situation import Situation
from worker.checkout.versions import wrong_version


@dataclass(frozen=True, slots=True)
class _Outcome:
    """What became of one group: the order it has, old or new, as it is published, or its error."""

    order: bytes | None = None
    new: NewOrder | None = None
    error: OrderError | None = None


def check_out(command: Command, body: CheckoutCart, situation: Situation, catalog: Catalog) -> Decided:
    """Decide a checkout, of the cart that comes along or of the stored one."""
    if why := wrong_version(body.cart_version, situation):
        return _nothing_done(command, situation, OrderErrorCode.CONDITION_FAILED, why)
    cart = body.cart or situation.cart.content
    if cart is None:
        return _nothing_done(
            command,
            situation,
            OrderErrorCode.CART_ID_NOT_FOUND,
            "This customer has no stored cart with this id; send the cart along or make a new one",
        )
    return _check_out(command, cart, situation, catalog)


def _check_out(command: Command, cart: Cart, situation: Situation, catalog: Catalog) -> Decided:
    grouped = group_lines(cart, situation, catalog)
    lifetime = Lifetime.of(cart, situation.cart, command.received)
    expired = lifetime.expired(command.asked)
    judgements = judge_groups(cart, grouped, situation, catalog, asked=command.asked, expired=expired)
    outcomes = [
        _decide_group(group, judgements.get(group.name), command, situation, catalog)
        for group in grouped.groups
    ]
    line_errors = {line: error for each in judgements.values() for line, error in each.line_errors.items()}
    new = tuple(each.new for each in outcomes if each.new)
    ordered = {*situation.orders, *(each.group for each in new)}
    change = changed_cart(command, cart, situation, grouped, line_errors, lifetime=lifetime, ordered=ordered)
    errors = tuple(each.error for each in outcomes if each.error)
    orders = [each.order for each in outcomes if each.order]
    return Decided(
        command=command,
        event=_event(command, change.version, change.content.status or ACTIVE, orders, errors),
        cart_version=change.version,
        orders=new,
        errors=errors,
        cart=change,
    )


def _decide_group(
    group: Group, judgement: Judgement | None, command: Command, situation: Situation, catalog: Catalog
) -> _Outcome:
    content_hash = group_hash(group.lines)
    existing = situation.orders.get(group.name)
    if existing is not None:
        if existing.content_hash == content_hash:
            return _Outcome(order=existing.order.to_json())
        return _Outcome(error=ordered_with_other_content(group))
    if judgement and judgement.error:
        return _Outcome(error=judgement.error)
    order = make_order(
        group,
        customer_id=command.customer_id,
        cart_id=command.cart_id,
        catalog=catalog,
        created=command.received,
    )
    content = to_json(order)
    return _Outcome(order=content, new=NewOrder(group.name, content_hash, order, content))


def _nothing_done(command: Command, situation: Situation, code: OrderErrorCode, why: str) -> Decided:
    """The answer to a checkout that concerns no group: it changes neither cart nor orders."""
    errors = (OrderError(order_group_id="", code=code, description=why),)
    stored = situation.cart
    status = (stored.content.status if stored.content else None) or ACTIVE
    event = _event(command, stored.version, status, [], errors)
    return Decided(command, event, stored.version, orders=(), errors=errors, cart=None)


def _event(
    command: Command, version: int, status: str, orders: Sequence[bytes], errors: Sequence[OrderError]
) -> Event:
    result = CartCheckoutResult(
        customer_id=command.customer_id,
        cart_id=command.cart_id,
        cart_version=version,
        cart_status=status,
        orders=[],
        order_errors=list(errors),
    )
    return event_of(command, _event_type(orders, errors), result.to_json_with(orders))


def _event_type(orders: Sequence[bytes], errors: Sequence[OrderError]) -> EventType:
    if not errors:
        return EventType.CHECKOUT_COMPLETED
    return EventType.CHECKOUT_PARTIAL if orders else EventType.CHECKOUT_FAILED
