"""A command: what somebody asks of us, with who asked and when."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from uuid_utils import UUID, uuid5

from contracts.checkout import CheckoutCart
from contracts.update import UpdateCart

_NEW_CARTS: Final = UUID("8f1f4bd0-54e9-5d6c-9d0e-2c6f0a7b3e55")


@dataclass(frozen=True, slots=True)
class Origin:
    """Who asked, and what the answer carries so that they recognise it."""

    source: str
    correlation_id: str
    traceparent: str | None = None
    tracestate: str | None = None


@dataclass(frozen=True, slots=True)
class Command:
    """A checkout or an update to decide.

    (customer id, message id) is its identity, `content_hash` what it asks. `asked` judges expiry: when the
    producer asked, as far as that can be known. `received` is now. `user` is who changes the cart: the
    broker's word on the sender, else the sender's own. `replay_token` is by what a
    replay of a dead letter is known.
    """

    message_id: str
    content_hash: bytes
    body: CheckoutCart | UpdateCart
    cart_id: str
    asked: datetime
    received: datetime
    origin: Origin
    user: str | None = None
    replay_token: bytes | None = None

    @property
    def customer_id(self) -> str:
        return self.body.customer_id

    @property
    def identity(self) -> tuple[str, str]:
        return self.body.customer_id, self.message_id

    @property
    def cart_key(self) -> tuple[str, str]:
        return self.body.customer_id, self.cart_id


def cart_id_of(body: CheckoutCart | UpdateCart, message_id: str) -> str:
    """The cart that a command names; for an update that names none, a new one, the same at every delivery."""
    return body.named_cart_id or str(uuid5(_NEW_CARTS, f"{body.customer_id}\n{message_id}"))
