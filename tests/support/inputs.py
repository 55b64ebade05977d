"""Messages that tests send, each with the one state in which it has to end."""

import json
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final, Self

from tests.support.broker import CHECKOUT
from tests.support.carts import WITHDRAWN, Request, a_line, a_request, guid

UPDATE: Final = "cart.update"
_REFUSED: Final = frozenset({WITHDRAWN})


@dataclass(frozen=True, slots=True)
class Input:
    """A message, and the event type or the dead-letter code that it leads to, whatever breaks meanwhile."""

    key: str
    message_id: str
    body: bytes
    outcome: str
    customer_id: str = ""
    cart_id: str = ""
    ordered: frozenset[str] = frozenset()
    """The order groups that it has ordered, each of one line."""
    asked: datetime = field(default_factory=lambda: datetime.now(UTC))
    """The same whenever it is sent again."""

    @classmethod
    def of(cls, request: Request, outcome: str | None = None) -> Self:
        """A checkout that ends as its lines allow, or as told."""
        refused = {line["orderGroup"] for line in request.lines if line["catalogItemId"] in _REFUSED}
        ordered = request.groups - refused
        allowed = "completed" if not refused else "partial" if ordered else "failed"
        return cls(
            key=CHECKOUT,
            message_id=request.message_id,
            body=request.body,
            outcome=outcome or f"checkout.{allowed}",
            customer_id=request.customer_id,
            cart_id=request.cart_id,
            ordered=frozenset() if outcome else frozenset(ordered),
        )

    @classmethod
    def update(cls) -> Self:
        """A new cart."""
        customer_id, cart_id = guid(), guid()
        document: dict[str, Any] = {"customerId": customer_id, "cartId": cart_id}
        body = json.dumps(document | {"cart": {"lineItems": [a_line("a")]}}).encode()
        return cls(UPDATE, guid(), body, "cart.updated", customer_id, cart_id)

    @classmethod
    def malformed(cls) -> Self:
        return cls(CHECKOUT, guid(), b'{"customerId": ', "not-json")

    @property
    def groups(self) -> Iterator[tuple[str, str, str]]:
        """What it has ordered, as keys of orders."""
        return ((self.customer_id, self.cart_id, group) for group in self.ordered)


def checkouts(count: int, *groups: str) -> list[Input]:
    return [Input.of(a_request(*(groups or ("licenses", "storage")))) for _ in range(count)]


def a_mixture(count: int, seed: int) -> list[Input]:
    """Mostly carts that can be ordered; some in part or not at all; updates, malformed ones; some twice."""
    chance = random.Random(seed)
    made: list[Input] = []
    for _ in range(count):
        made += _some(chance)
    return made


def _some(chance: random.Random) -> Sequence[Input]:
    match chance.randrange(20):
        case 0:
            return [Input.malformed()]
        case 1 | 2 | 3:
            return [Input.update()]
        case 4 | 5:
            return [Input.of(Request(lines=[a_line("a"), a_line("b", WITHDRAWN)]))]
        case 6:
            return [Input.of(Request(lines=[a_line("a", WITHDRAWN)]))]
        case 7:
            return [Input.of(a_request("a", "b"))] * 2
        case 8:
            first = a_request("a", "b")
            again = Request(first.lines, first.customer_id, first.cart_id)
            return [Input.of(first), Input.of(again)]
        case _:
            return [Input.of(a_request("a", "b"))]
