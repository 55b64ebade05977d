"""The carts that every contender checks out: the same ones, each time."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import astuple, dataclass
from typing import Any, Final
from uuid import UUID

from worker.demo.carts import ENTERPRISE, MONITORING, PREMIUM

_CUSTOMERS: Final = 97
_COPIES_EVERY: Final = 20
# Behind all that a contender holds unfinished at once, so that a copy finds a finished checkout.
_COPY_DISTANCE: Final = 1010
_TOO_MANY: Final = 301
_KINDS: Final = ((PREMIUM, "monthly"), (MONITORING, "monthly"), (ENTERPRISE, "annual"), (PREMIUM, "annual"))


@dataclass(frozen=True, slots=True)
class BenchCart:
    """A command, and how many rows have to come of it."""

    message_id: str
    body: bytes
    orders: int
    lines: int
    errors: int


@dataclass(frozen=True, slots=True)
class Corpus:
    """A kind of cart, and how often something is wrong with it."""

    name: str
    what: str
    lines: int
    failing_every: int = 0
    has_copies: bool = False

    def carts(self, first: int, count: int) -> list[BenchCart]:
        """So many messages; a copy has the id and the body of an earlier one."""
        return [self._cart(number) for number in range(first, first + count)]

    def _cart(self, number: int) -> BenchCart:
        if self.has_copies and number % _COPIES_EVERY == _COPIES_EVERY - 1 and number >= _COPY_DISTANCE:
            number -= _COPY_DISTANCE
        fails = self.failing_every > 0 and number % self.failing_every == 0
        lines = list(self._lines(number, fails=fails))
        groups = {line["orderGroup"] for line in lines}
        return BenchCart(
            message_id=f"bench-{self.name}-{number}",
            body=_checkout(number, lines),
            orders=len(groups) - fails,
            lines=sum(not fails or line["orderGroup"] != "monthly" for line in lines),
            errors=int(fails),
        )

    def _lines(self, number: int, *, fails: bool) -> Iterator[dict[str, Any]]:
        for position in range(self.lines):
            item, cycle = _KINDS[position % len(_KINDS)]
            quantity = 1 + (number * 7 + position * 13) % 300
            yield _line(position, item, cycle, _TOO_MANY if fails and position == 0 else quantity)


CORPORA: Final[Mapping[str, Corpus]] = {
    corpus.name: corpus
    for corpus in (
        Corpus("typical", "4 lines in 2 groups", 4),
        Corpus("single", "1 line", 1),
        Corpus("large", "50 lines in 2 groups", 50),
        Corpus("partial", "4 lines in 2 groups, 10 % with a group that fails", 4, failing_every=10),
        Corpus("copies", "4 lines in 2 groups, 5 % of the messages come twice", 4, has_copies=True),
    )
}


@dataclass(frozen=True, slots=True)
class Rows:
    """How many rows there are of each kind."""

    outcomes: int
    carts: int
    orders: int
    lines: int
    errors: int

    def __sub__(self, earlier: "Rows") -> "Rows":
        pairs = zip(astuple(self), astuple(earlier), strict=True)
        return Rows(*(now - before for now, before in pairs))


def expected(carts: Sequence[BenchCart]) -> Rows:
    """What has to be stored when all of these are checked out."""
    first = {cart.message_id: cart for cart in carts}.values()
    return Rows(
        outcomes=len(first),
        carts=len(first),
        orders=sum(cart.orders for cart in first),
        lines=sum(cart.lines for cart in first),
        errors=sum(cart.errors for cart in first),
    )


def _checkout(number: int, lines: list[dict[str, Any]]) -> bytes:
    customer = str(UUID(int=0xC0FFEE << 96 | number % _CUSTOMERS))
    cart = {
        "id": str(UUID(int=0xBE9C << 96 | number)),
        "creationTimestamp": "2026-11-20T09:30:00.1234567Z",
        "lastModifiedUser": "8e5c7f4a-6f0a-4a5e-9a39-3d1f4c8b2a11",
        "lineItems": lines,
    }
    return json.dumps({"customerId": customer, "cart": cart}).encode()


def _line(position: int, item: str, cycle: str, quantity: int) -> dict[str, Any]:
    return {
        "id": position,
        "catalogItemId": item,
        "friendlyName": f"Seats of the office in Amsterdam, floor {position}",
        "quantity": quantity,
        "currencyCode": "USD",
        "billingCycle": cycle,
        "termDuration": "P1Y",
        "orderGroup": cycle,
        "participants": [{"key": "transaction_reseller", "value": "5357564"}],
    }
