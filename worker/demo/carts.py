"""Carts that show what the worker does: a few telling ones, and as many as wanted."""

import json
import random
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from contracts.wire import CHECKOUT_KEY, UPDATE_KEY, EventType

PREMIUM = "CFQ7TTC0LCHC:0002:CFQ7TTC0K9P2"
ENTERPRISE = "CFQ7TTC0LFLX:0001:CFQ7TTC0K9P3"
SERVER = "DG7GMGF0D5RK:0005:DG7GMGF0K9P6"
MONITORING = "DZH318Z08C8D:0004:DZH318Z0K9P8"


@dataclass(frozen=True, slots=True)
class DemoCart:
    """A command, and what has to come of it."""

    what: str
    message_id: str
    body: bytes
    event: EventType
    orders: int = 0
    errors: int = 0
    is_copy: bool = False
    key: str = CHECKOUT_KEY


def telling_carts() -> list[DemoCart]:
    """Two groups; a partial failure; an expired cart; a duplicate; one malformed; a cart that is built up."""
    first = _two_groups()
    copy = replace(first, what="the first message once more", is_copy=True, orders=0)
    return [first, _partial(), _expired(), copy, _malformed(), *_built_up()]


def _two_groups() -> DemoCart:
    lines = [_line(PREMIUM, 25), _line(MONITORING, 25), _once(SERVER, 2)]
    what = "a cart with two billing cycles"
    return DemoCart(what, "demo-two-groups", _checkout(1, lines), EventType.CHECKOUT_COMPLETED, orders=2)


def _partial() -> DemoCart:
    body = _checkout(2, [_line(PREMIUM, 5), _once(SERVER, 4_000)])
    what = "one bad quantity in one of two groups"
    return DemoCart(what, "demo-partial", body, EventType.CHECKOUT_PARTIAL, orders=1, errors=1)


def _expired() -> DemoCart:
    yesterday = (datetime.now(UTC) - timedelta(days=1)).isoformat()
    body = _checkout(3, [_line(PREMIUM, 5)], expirationTimestamp=yesterday)
    what = "a cart that expired yesterday"
    return DemoCart(what, "demo-expired", body, EventType.CHECKOUT_FAILED, errors=1)


def _malformed() -> DemoCart:
    body = _checkout(4, [{"catalogItemId": PREMIUM, "billingCycle": "monthly"}])
    return DemoCart("a line without a quantity", "demo-malformed", body, EventType.CHECKOUT_REJECTED)


def _built_up() -> list[DemoCart]:
    """A cart with a bad line is put right, and checked out by its id."""
    mended = _checkout(5, [_line(PREMIUM, 30), _line(MONITORING, 30)])
    updates = (
        ("an update of a cart, with more seats than are sold", _checkout(5, [_line(PREMIUM, 301)])),
        ("the same cart, put right", mended),
    )
    customer, cart = _ids(5)
    by_id = json.dumps({"customerId": customer, "cartId": cart}).encode()
    ordered = DemoCart(
        "the stored cart, checked out by its id", "demo-by-id", by_id, EventType.CHECKOUT_COMPLETED, orders=1
    )
    return [
        DemoCart(what, f"demo-update-{number}", body, EventType.CART_UPDATED, key=UPDATE_KEY)
        for number, (what, body) in enumerate(updates)
    ] + [ordered]


def generated_carts(count: int, *, failing: bool = True) -> Iterator[DemoCart]:
    """Carts of 4 lines in 2 groups; one in ten may have a group that fails, one in fifty two."""
    chance = random.Random(7)  # noqa: S311 - the same carts every time
    for number in range(count):
        bad = _failing_groups(number) if failing else 0
        lines = [
            _line(PREMIUM, chance.randint(1, 300)),
            _line(MONITORING, chance.randint(1, 50)),
            _line(ENTERPRISE, chance.randint(1, 500) if bad < 2 else 20_000, "annual"),
            _line(PREMIUM, chance.randint(1, 300) if bad < 1 else 301, "annual"),
        ]
        if bad == 2:
            lines[0] = _line("NOT:IN:CATALOG", 1)
        yield DemoCart(
            "generated",
            f"demo-{number}",
            _checkout(1_000 + number, lines),
            (EventType.CHECKOUT_COMPLETED, EventType.CHECKOUT_PARTIAL, EventType.CHECKOUT_FAILED)[bad],
            orders=2 - bad,
            errors=bad,
        )


def _failing_groups(number: int) -> int:
    if number % 50 == 49:
        return 2
    return 1 if number % 10 == 9 else 0


def _checkout(number: int, lines: list[dict[str, Any]], **cart: Any) -> bytes:
    customer, cart_id = _ids(number)
    body = {"customerId": customer, "cart": {"id": cart_id, "lineItems": lines} | cart}
    return json.dumps(body).encode()


def _ids(number: int) -> tuple[str, str]:
    """Customer and cart of this number."""
    return str(UUID(int=0xC0FFEE << 96 | number % 97)), str(UUID(int=0xCA87 << 96 | number))


def _line(item: str, quantity: int, cycle: str = "monthly") -> dict[str, Any]:
    return {
        "catalogItemId": item,
        "quantity": quantity,
        "billingCycle": cycle,
        "termDuration": "P1Y",
        "currencyCode": "USD",
    }


def _once(item: str, quantity: int) -> dict[str, Any]:
    return {"catalogItemId": item, "quantity": quantity, "billingCycle": "one_time"}
