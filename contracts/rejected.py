"""The events that tell a producer that its message was set aside or refused."""

from contracts.model import WireModel


class Violation(WireModel):
    """Where a message breaks the contract and which rule; never the value that was there."""

    path: str
    rule: str


class Rejected(WireModel):
    """Body of `checkout.rejected` and `cart.rejected`.

    With `dead_lettered` the message waits among the dead letters and `code` is a `DeadLetterCode`; a later
    replay may add a real outcome. Without it this is the final answer and `code` is an order error code.
    """

    code: str | int
    description: str
    dead_lettered: bool
    violations: list[Violation] = []
    customer_id: str | None = None
    cart_id: str | None = None
    cart_version: int | None = None


class CheckoutRejected(Rejected):
    """Body of `checkout.rejected`."""


class CartRejected(Rejected):
    """Body of `cart.rejected`."""
