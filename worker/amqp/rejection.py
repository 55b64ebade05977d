"""The event that tells whoever asked that the message became a dead letter."""

import re
from typing import Any, Final

from contracts.cart import Cart
from contracts.checkout import CheckoutCart
from contracts.codes import DeadLetterCode
from contracts.document import parsed
from contracts.model import TolerantModel
from contracts.rejected import CartRejected, CheckoutRejected
from contracts.scalars import timestamp
from contracts.wire import UPDATE_QUEUE, EventType
from worker.amqp.dead_letter_id import dead_letter_id
from worker.amqp.delivery import Delivery
from worker.amqp.envelope import asked_at, is_anonymous, origin_of
from worker.amqp.malformed import Malformed
from worker.checkout.event import Event, event_id

# Of what came to no queue of commands, the key tells what was meant.
_UPDATE_BEGINS: Final = "cart.up"
# Nothing in these can be read, or reading them may be what ended the process.
_UNREAD: Final = frozenset(
    {
        DeadLetterCode.TOO_LARGE,
        DeadLetterCode.NOT_UTF8,
        DeadLetterCode.NOT_JSON,
        DeadLetterCode.PROCESS_KILLER,
    }
)
# One of zeros is one that nobody set.
_GUID: Final = re.compile(r"(?![0-]*$)[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def rejected_event(delivery: Delivery, malformed: Malformed) -> Event | None:
    """`checkout.rejected` or `cart.rejected` for whoever asked; None where nothing tells who that is."""
    if is_anonymous(delivery):
        return None
    customer_id, cart_id = mentioned_ids(delivery, malformed.code)
    is_update = delivery.queue == UPDATE_QUEUE or delivery.routing_key.startswith(_UPDATE_BEGINS)
    body = (CartRejected if is_update else CheckoutRejected)(
        code=malformed.code,
        description=malformed.reason,
        dead_lettered=True,
        violations=malformed.violations,
        customer_id=customer_id,
        cart_id=cart_id,
    )
    return Event(
        id=event_id(dead_letter_id(delivery)),
        type=EventType.CART_REJECTED if is_update else EventType.CHECKOUT_REJECTED,
        body=body.to_json(),
        subject=f"{customer_id or 'unknown'}/{cart_id or 'unknown'}",
        # Of the message where it tells: every copy of this event is the same then.
        time=timestamp(asked_at(delivery)),
        origin=origin_of(delivery),
    )


def mentioned_ids(delivery: Delivery, code: str) -> tuple[str | None, str | None]:
    """Customer and cart, as far as a body that is no command names them."""
    if code in _UNREAD:
        return None, None
    try:
        command = _members(CheckoutCart, parsed(delivery.body.removeprefix(b"\xef\xbb\xbf")))
    except ValueError:
        return None, None
    cart = _members(Cart, command.get("cart"))
    return _guid(command.get("customerId")), _guid(command.get("cartId")) or _guid(cart.get("id"))


def _members(model: type[TolerantModel], value: object) -> dict[str | None, Any]:
    return {model.member(key): member for key, member in value.items()} if isinstance(value, dict) else {}


def _guid(value: object) -> str | None:
    return value.lower() if isinstance(value, str) and _GUID.fullmatch(value.lower()) else None
