"""An update and a checkout of one cart at once: one is decided after the other."""

import asyncio
import json
from dataclasses import replace
from typing import Any

from tests.support.broker import SOURCE, UPDATE, Broker, Message, Subscriber, distinct
from tests.support.carts import Request, a_line, a_request, guid
from tests.support.database import Database
from tests.support.in_process import consuming
from worker.settings import Settings


def by_reference(request: Request) -> bytes:
    return json.dumps({"customerId": request.customer_id, "cartId": request.cart_id}).encode()


def with_other_lines(request: Request, *lines: dict[str, Any], **more: Any) -> Request:
    """Another command about the same cart."""
    return replace(request, lines=lines, **{"message_id": guid()} | more)


def body_of(event: Message) -> dict[str, Any]:
    body = json.loads(event.body)
    assert isinstance(body, dict)
    return body


async def test_updates_and_checkouts_of_a_cart_in_one_batch_are_decided_one_after_the_other(
    broker: Broker, events: Subscriber, database: Database, settings: Settings
) -> None:
    first = Request(lines=[a_line("a"), a_line("bad", quantity=301)])
    update = with_other_lines(first, a_line("a"), a_line("b"))
    await broker.submit(first, first)
    await broker.submit(update, update, key=UPDATE)
    async with consuming(settings):
        await events.until_ids(2)
    versions = {body_of(each)["cartVersion"] for each in distinct(events.messages).values()}
    assert versions == {1, 2}
    assert await database.value("SELECT version FROM carts") == 2


async def test_updates_and_checkouts_that_cross_on_two_workers_are_one_after_the_other(
    broker: Broker, events: Subscriber, database: Database, settings: Settings
) -> None:
    """Whichever is first, what is ordered is what the cart had when it was ordered."""
    rounds = 60
    carts = [a_request("a") for _ in range(rounds)]
    small = settings.model_copy(update={"prefetch": 10, "batch_size": 5})
    async with consuming(small), consuming(small):
        await asyncio.gather(*(broker.submit(each, key=UPDATE) for each in carts))
        await events.until_ids(rounds)
        await asyncio.gather(
            *(
                command
                for each in carts
                for command in (
                    broker.submit(with_other_lines(each, a_line("a", quantity=7)), key=UPDATE),
                    broker.publish(by_reference(each), message_id=guid(), app_id=SOURCE),
                )
            )
        )
        await events.until_ids(3 * rounds)

    assert await broker.ready("cart.dead-letters") == 0
    for each in carts:
        await _assert_one_after_the_other(database, each)


async def test_a_message_id_stands_for_one_command_even_where_two_workers_decide_at_once(
    broker: Broker, events: Subscriber, database: Database, settings: Settings
) -> None:
    small = settings.model_copy(update={"prefetch": 10, "batch_size": 5})
    updates = [a_request("a") for _ in range(100)]
    checkouts = [replace(each, cart_id=guid()) for each in updates]
    async with consuming(small), consuming(small):
        await asyncio.gather(
            *(broker.submit(each, key=UPDATE) for each in updates), *map(broker.submit, checkouts)
        )
        # An answer to one of the two, and the news of a dead letter to the other.
        await events.until_ids(200)
    assert await database.count("outcomes") == 100
    codes = [each.headers["x-dead-letter-code"] for each in await broker.dead_letters(100)]
    assert codes == ["message-id-reused"] * 100


async def _assert_one_after_the_other(database: Database, request: Request) -> None:
    """The update was first and its lines are ordered; or the checkout was, and the update was refused."""
    (order,) = await database.rows(
        "SELECT quantity FROM order_line_items JOIN orders USING (customer_id, order_id) WHERE cart_id = $1",
        request.cart_id,
    )
    (checkout,) = await database.rows(
        "SELECT cart_version, event_type FROM checkouts WHERE cart_id = $1", request.cart_id
    )
    updates = await database.rows(
        "SELECT cart_version, event_type FROM cart_updates WHERE cart_id = $1 ORDER BY created_at",
        request.cart_id,
    )
    (cart,) = await database.rows(
        "SELECT version, status, content::text AS content FROM carts WHERE cart_id = $1", request.cart_id
    )
    was_updated = updates[1]["event_type"] == "cart.updated"
    assert checkout == {"cart_version": 3 if was_updated else 2, "event_type": "checkout.completed"}
    assert updates[1]["cart_version"] == 2
    assert order["quantity"] == (7 if was_updated else 2)
    assert (cart["version"], cart["status"]) == (checkout["cart_version"], "Ordered")
    assert [each["quantity"] for each in json.loads(cart["content"])["lineItems"]] == [order["quantity"]]
