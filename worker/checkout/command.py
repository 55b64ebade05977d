"""A command: what somebody asks of us, with who asked and when."""

from dataclasses import dataclass
from datetime import datetime

from contracts.checkout import CheckoutCart


@dataclass(frozen=True, slots=True)
class Origin:
    """Who asked, and what the answer carries so that they recognise it."""

    source: str
    correlation_id: str
    traceparent: str | None = None
    tracestate: str | None = None


@dataclass(frozen=True, slots=True)
class Command:
    """A checkout to decide. (customer id, message id) is its identity, `content_hash` what it asks.

    `asked` judges expiry: when the producer asked, as far as that can be known. `received` is now.
    """

    message_id: str
    content_hash: bytes
    body: CheckoutCart
    asked: datetime
    received: datetime
    origin: Origin

    @property
    def customer_id(self) -> str:
        return self.body.customer_id

    @property
    def cart_id(self) -> str:
        return self.body.named_cart_id

    @property
    def identity(self) -> tuple[str, str]:
        return self.body.customer_id, self.message_id

    @property
    def cart_key(self) -> tuple[str, str]:
        return self.body.customer_id, self.body.named_cart_id
