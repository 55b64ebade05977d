"""What Partner Center's clients send goes through an update and a checkout: stored, shown, ordered."""

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest

from tests.support.broker import SOURCE, UPDATE, Broker, Subscriber
from tests.support.carts import guid
from tests.support.database import Database
from tests.support.in_process import consuming
from tests.support.reference_cases import CASES, CATALOG, Case
from worker.postgres.catalog import CatalogItems, ItemRow
from worker.postgres.pool import open_pool
from worker.settings import Settings


@pytest.fixture
async def _worker(database: Database, settings: Settings, broker: Broker) -> AsyncIterator[None]:
    """A worker whose catalog has what the cases buy. The queues are empty."""
    assert await broker.ready() == 0
    pool = await open_pool(database.url, connections=1, application="tests")
    try:
        await CatalogItems(pool).replace([ItemRow.of(line) for line in CATALOG])
    finally:
        await pool.close()
    async with consuming(settings):
        yield


@pytest.mark.usefixtures("_worker")
@pytest.mark.parametrize("checkout", ["by-reference", "inline-as-sent", "inline-as-shown"])
@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
async def test_a_cart_is_updated_sent_back_and_checked_out(
    broker: Broker, events: Subscriber, database: Database, case: Case, checkout: str
) -> None:
    customer, cart_id = guid(), guid()
    sent = {"LineItems": case.lines, **case.cart}

    first = await _answer(broker, events, UPDATE, {"CustomerId": customer, "CartId": cart_id, "Cart": sent})
    _assert_shown(first, case)
    again = await _answer(broker, events, UPDATE, {"customerId": customer, "cartId": cart_id, "cart": first})
    assert _lasting(again) == _lasting(first)

    carts = {"by-reference": {}, "inline-as-sent": {"cart": sent}, "inline-as-shown": {"cart": again}}
    reference = {"customerId": customer, "cartId": cart_id}
    result = await _answer(broker, events, "cart.checkout", reference | carts[checkout])

    assert (result["orderErrors"], result["cartStatus"], result["cartVersion"]) == ([], "Ordered", 3)
    await _assert_ordered(database, case, result)


async def _answer(broker: Broker, events: Subscriber, key: str, command: dict[str, Any]) -> dict[str, Any]:
    so_far = len(events.messages)
    await broker.publish(json.dumps(command).encode(), key=key, message_id=guid(), app_id=SOURCE)
    body = json.loads((await events.until(so_far + 1))[so_far].body)
    assert isinstance(body, dict)
    return body


def _lines(cart: dict[str, Any]) -> list[dict[str, Any]]:
    return [each for line in cart["lineItems"] for each in (line, *line.get("addonItems", ()))]


def _assert_shown(cart: dict[str, Any], case: Case) -> None:
    lines = _lines(cart)
    assert [line.get("error") for line in lines] == [None] * len(lines)
    assert [line["orderGroup"] for line in lines] == case.groups
    assert [line["id"] for line in lines] == list(range(len(lines)))
    assert {line["currencyCode"] for line in lines} == {"USD"}
    assert cart["status"] == "Active"


def _lasting(cart: dict[str, Any]) -> dict[str, Any]:
    """What stays where a cart is sent back as it is."""
    return {name: cart[name] for name in cart.keys() - {"cartVersion", "lastModifiedTimestamp"}}


async def _assert_ordered(database: Database, case: Case, result: dict[str, Any]) -> None:
    stored = await database.rows("SELECT order_group, order_id FROM orders")
    orders = {each["id"]: each for each in result["orders"]}
    by_group = {row["order_group"]: orders[str(row["order_id"])] for row in stored}
    assert {group: len(order["lineItems"]) for group, order in by_group.items()} == {
        group: case.groups.count(group) for group in case.groups
    }
    for (group, number), expected in case.ordered.items():
        line = by_group[group]["lineItems"][number]
        assert {name: line.get(name) for name in expected} == expected
