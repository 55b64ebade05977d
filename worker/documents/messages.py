"""The messages of the contract: what their bodies are, and where they travel."""

from dataclasses import dataclass
from typing import Final

from contracts import wire
from contracts.checkout import CartCheckoutResult, CheckoutCart
from contracts.model import WireModel
from contracts.rejected import CartRejected, CheckoutRejected
from contracts.update import CartUpdated, UpdateCart
from contracts.wire import EventType


@dataclass(frozen=True, slots=True)
class CommandMessage:
    """What producers send. The routing key is its name."""

    name: str
    body: type[WireModel]
    queue: str

    @property
    def schema(self) -> str:
        return self.name


@dataclass(frozen=True, slots=True)
class EventMessage:
    """What subscribers hear. Events of one body share its schema."""

    name: EventType
    body: type[WireModel]
    schema: str
    meaning: str


COMMANDS: Final = (
    CommandMessage(wire.CHECKOUT_KEY, CheckoutCart, wire.CHECKOUT_QUEUE),
    CommandMessage(wire.UPDATE_KEY, UpdateCart, wire.UPDATE_QUEUE),
)

_RESULT: Final = "checkout.result"
EVENTS: Final = (
    EventMessage(
        EventType.CHECKOUT_COMPLETED,
        CartCheckoutResult,
        _RESULT,
        "Every group that this checkout asked for has an order.",
    ),
    EventMessage(
        EventType.CHECKOUT_PARTIAL,
        CartCheckoutResult,
        _RESULT,
        "Some of these groups have an order; each of the others has its reason in `orderErrors`.",
    ),
    EventMessage(
        EventType.CHECKOUT_FAILED,
        CartCheckoutResult,
        _RESULT,
        "No order in this answer; the cart may have some.",
    ),
    EventMessage(
        EventType.CHECKOUT_REJECTED,
        CheckoutRejected,
        EventType.CHECKOUT_REJECTED,
        "A checkout was set aside: it waits among the dead letters.",
    ),
    EventMessage(
        EventType.CART_UPDATED,
        CartUpdated,
        EventType.CART_UPDATED,
        "A cart was made or its lines replaced; lines that cannot be ordered carry an `error`, and "
        "`orderErrors` tells of their groups.",
    ),
    EventMessage(
        EventType.CART_REJECTED,
        CartRejected,
        EventType.CART_REJECTED,
        "An update was refused, or set aside among the dead letters (`deadLettered`).",
    ),
)
