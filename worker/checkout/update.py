"""An update: the whole list of lines is replaced, judged, and stored with its errors."""

from contracts.cart import Cart
from contracts.checkout import OrderError
from contracts.codes import OrderErrorCode
from contracts.rejected import CartRejected
from contracts.update import CartUpdated, UpdateCart
from contracts.wire import EventType
from worker.checkout.cart_change import ORDERED, Lifetime, changed_cart
from worker.checkout.catalog import Catalog
from worker.checkout.command import Command
from worker.checkout.content import group_hash
from worker.checkout.decision import CartChange, Decided
from worker.checkout.event import event_of
from worker.checkout.grouping import GroupedLines, group_lines
from worker.checkout.judging import judge_groups
from worker.checkout.situation import Situation
from worker.checkout.versions import WHAT_TO_DO, wrong_version

_ORDERED_CODE = OrderErrorCode.CART_CHECK_OUT_NOT_ALLOWED_WHEN_STATUS_IS_ORDERED


def update(command: Command, body: UpdateCart, situation: Situation, catalog: Catalog) -> Decided:
    """Decide an update. Lines that cannot be ordered are no reason to reject it: each shows its error."""
    if why := wrong_version(body.cart_version, situation) or _superseded(command, body, situation):
        return _rejected(command, situation, OrderErrorCode.CONDITION_FAILED, why)
    if situation.cart.content and situation.cart.content.status == ORDERED:
        return _rejected(command, situation, _ORDERED_CODE, "The cart is ordered; make a new one")
    # How long a cart lives is not for its producer to say: these may be another cart's.
    cart = body.cart.changed(creation_timestamp=None, expiration_timestamp=None)
    grouped = group_lines(cart, situation, catalog)
    if why := _changed_order(grouped, situation):
        return _rejected(command, situation, _ORDERED_CODE, why)
    return _updated(command, cart, situation, grouped, catalog)


def _superseded(command: Command, body: UpdateCart, situation: Situation) -> str | None:
    """An update asked before the lines that are stored must not bring older ones back.

    The same second is not before: an AMQP timestamp tells whole ones. Whoever names the stored version has
    seen it, whatever the clocks say.
    """
    last = situation.cart.content_asked
    if last is None or body.cart_version is not None:
        return None
    if command.asked >= last.replace(microsecond=0):
        return None
    return f"The cart was changed by a command that was asked later; {WHAT_TO_DO}"


def _changed_order(grouped: GroupedLines, situation: Situation) -> str | None:
    """What would change in a group that has an order."""
    lines_of = {group.name: group.lines for group in grouped.groups}
    for name, existing in situation.orders.items():
        if group_hash(lines_of.get(name, ())) != existing.content_hash:
            return f"Group {name} is ordered: its lines stay as they are; put new lines into a new group"
    if grouped.moved:
        return "A line that is ordered cannot come into another group; give new lines ids of their own"
    return None


def _updated(
    command: Command, cart: Cart, situation: Situation, grouped: GroupedLines, catalog: Catalog
) -> Decided:
    lifetime = Lifetime.of(cart, situation.cart, command.received)
    expired = lifetime.expired(command.asked)
    judged = judge_groups(cart, grouped, situation, catalog, asked=command.asked, expired=expired)
    line_errors = {line: error for each in judged.values() for line, error in each.line_errors.items()}
    change = changed_cart(
        command, cart, situation, grouped, line_errors, lifetime=lifetime, ordered=situation.orders
    )
    judgements = [judged[group.name] for group in grouped.groups if group.name in judged]
    errors = [each.error for each in judgements if each.error]
    event = event_of(command, EventType.CART_UPDATED, _populated(command, change, errors).to_json())
    return Decided(command, event, change.version, orders=(), errors=(), cart=change)


def _populated(command: Command, change: CartChange, errors: list[OrderError]) -> CartUpdated:
    content = change.content
    populated = CartUpdated.model_construct(
        **content.__dict__,
        customer_id=command.customer_id,
        cart_id=command.cart_id,
        cart_version=change.version,
        order_errors=errors or None,
    )
    # Not as arguments: a producer may call a member what Python calls an argument of its own.
    return populated.model_copy(update=content.model_extra)


def _rejected(command: Command, situation: Situation, code: OrderErrorCode, why: str) -> Decided:
    """A business no: the cart stays as it is, and whoever asked is told."""
    version = situation.cart.version
    body = CartRejected(
        code=code,
        description=why,
        dead_lettered=False,
        customer_id=command.customer_id,
        cart_id=command.cart_id,
        cart_version=version,
    )
    event = event_of(command, EventType.CART_REJECTED, body.to_json())
    return Decided(command, event, version, orders=(), errors=(), cart=None)
