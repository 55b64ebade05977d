"""The events that tell a producer that its message was set aside or refused."""

from contracts.model import WireModel
from contracts.scalars import LowerGuid, Version


class Violation(WireModel):
    """Where a message breaks the contract and which rule; never the value that was there."""

    path: str
    """The member, like `cart.lineItems[2].quantity`; empty: the whole message."""

    rule: str
    """What is expected there, for people. Its wording may change."""


class Rejected(WireModel):
    """Body of `checkout.rejected` and `cart.rejected`.

    With `deadLettered` the message waits among the dead letters and `code` is a `DeadLetterCode`; a later
    replay may add a real outcome. Without it this is the final answer and `code` is an order error code.
    """

    code: str | int
    """A dead-letter code (text) where `deadLettered` is true, else an `OrderErrorCode` (number)."""

    description: str
    """What is wrong, for people. Its wording may change."""

    dead_lettered: bool
    violations: list[Violation] = []
    """Where the contract is broken: the first 20 places."""

    customer_id: LowerGuid | None = None
    """Absent where the message does not tell it."""

    cart_id: LowerGuid | None = None
    """Absent where the message does not tell it."""

    cart_version: Version | None = None
    """The version that the cart has; absent where no cart was looked at."""


class CheckoutRejected(Rejected):
    """Body of `checkout.rejected`: the message was set aside, and `deadLettered` is true."""


class CartRejected(Rejected):
    """Body of `cart.rejected`: the message was set aside, or its update refused.

    With `deadLettered` the message waits among the dead letters and `code` is a `DeadLetterCode`; a later
    replay may add a real outcome. Without it this is the final answer and `code` is an order error code.
    """
