"""A group of a cart is ordered at most once, whatever comes again."""

import asyncio
import json

import pytest

from tests.support.broker import Broker, Subscriber, distinct
from tests.support.carts import Request, a_line, a_request, guid
from tests.support.database import Database
from tests.support.in_process import consuming
from worker.settings import Settings


@pytest.mark.usefixtures("worker")
async def test_the_same_request_again_repeats_its_event_byte_for_byte(
    broker: Broker, events: Subscriber, database: Database
) -> None:
    request = a_request("a", "b")
    await broker.submit(request)
    await events.until(1)
    before = await database.counts()
    await broker.submit(request)
    await events.until(2)

    assert len(distinct(events.messages)) == 1
    assert await database.counts() == before


@pytest.mark.usefixtures("worker")
async def test_a_repetition_goes_to_the_source_that_asked_first(broker: Broker, events: Subscriber) -> None:
    request = a_request("a")
    await broker.submit(request, source="first")
    await events.until(1)
    await broker.submit(request, source="second")
    await events.until(2)
    assert [each.routing_key for each in events.messages] == ["checkout.completed.first"] * 2


@pytest.mark.usefixtures("worker")
async def test_another_message_with_the_same_cart_repeats_its_orders(
    broker: Broker, events: Subscriber, database: Database
) -> None:
    first = a_request("a", "b")
    again = Request(lines=first.lines, customer_id=first.customer_id, cart_id=first.cart_id)
    await broker.submit(first)
    await events.until(1)
    await broker.submit(again)
    one, two = await events.until(2)

    assert one.id != two.id
    assert json.loads(one.body)["orders"] == json.loads(two.body)["orders"]
    counts = await database.counts()
    assert (counts["orders"], counts["order_line_items"], counts["checkouts"]) == (2, 2, 2)


@pytest.mark.usefixtures("worker")
async def test_a_group_that_failed_is_tried_again_and_one_that_was_ordered_is_not(
    broker: Broker, events: Subscriber, database: Database
) -> None:
    first = Request(lines=[a_line("good"), a_line("bad", quantity=301)])
    mended = Request(
        lines=[a_line("good"), a_line("bad", quantity=300)],
        customer_id=first.customer_id,
        cart_id=first.cart_id,
    )
    await broker.submit(first)
    await events.until(1)
    await broker.submit(mended)
    await events.until(2)

    types = [each.properties.message_type for each in events.messages]
    assert types == ["checkout.partial", "checkout.completed"]
    orders = await database.rows("SELECT order_group, message_id FROM orders ORDER BY order_group")
    assert [tuple(row.values()) for row in orders] == [("bad", mended.message_id), ("good", first.message_id)]


@pytest.mark.usefixtures("worker")
async def test_a_group_that_was_ordered_with_other_content_is_an_error(
    broker: Broker, events: Subscriber, database: Database
) -> None:
    first = a_request("a")
    other = Request(lines=[a_line("a", quantity=9)], customer_id=first.customer_id, cart_id=first.cart_id)
    await broker.submit(first)
    await events.until(1)
    await broker.submit(other)
    _, event = await events.until(2)

    document = json.loads(event.body)
    assert document["orders"] == []
    assert [(each["orderGroupId"], each["code"]) for each in document["orderErrors"]] == [("a", 800065)]
    assert await database.value("SELECT sum(quantity) FROM order_line_items") == 2


@pytest.mark.usefixtures("worker")
async def test_ids_in_capital_letters_name_the_same_cart(
    broker: Broker, events: Subscriber, database: Database
) -> None:
    request = a_request("a")
    shouted = Request(
        lines=request.lines,
        customer_id=request.customer_id.upper(),
        cart_id=request.cart_id.upper(),
        message_id=request.message_id,
    )
    await broker.submit(request)
    await events.until(1)
    await broker.submit(shouted)
    await events.until(2)
    assert len(distinct(events.messages)) == 1
    assert await database.count("orders") == 1


@pytest.mark.usefixtures("worker")
async def test_one_message_id_of_two_customers_is_two_requests(
    broker: Broker, events: Subscriber, database: Database
) -> None:
    message_id = guid()
    await broker.submit(a_request("a", message_id=message_id), a_request("a", message_id=message_id))
    await events.until(2)
    assert len(distinct(events.messages)) == 2
    assert await database.count("orders") == 2


async def test_a_hundred_copies_of_one_message_make_one_order(
    broker: Broker, events: Subscriber, database: Database, settings: Settings
) -> None:
    request = a_request("a", "b")
    await broker.submit(*[request] * 100)
    async with consuming(settings):
        await events.until(1)
    assert len(distinct(events.messages)) == 1
    assert await database.counts() == {
        "carts": 1,
        "checkouts": 1,
        "orders": 2,
        "order_line_items": 2,
        "order_errors": 0,
    }
    assert await broker.ready() == 0


async def test_commands_of_one_cart_in_one_batch_are_decided_one_after_the_other(
    broker: Broker, events: Subscriber, database: Database, settings: Settings
) -> None:
    first = a_request("a")
    more = [
        Request(lines=[a_line("a"), a_line(group)], customer_id=first.customer_id, cart_id=first.cart_id)
        for group in ("b", "c")
    ]
    await broker.submit(first, *more)
    async with consuming(settings):
        await events.until(3)
    assert [await database.value("SELECT version FROM carts"), await database.count("carts")] == [3, 1]
    groups = await database.rows("SELECT order_group FROM orders ORDER BY order_group")
    assert [row["order_group"] for row in groups] == ["a", "b", "c"]
    versions = {json.loads(each.body)["cartVersion"] for each in events.messages}
    assert versions == {1, 2, 3}


async def test_carts_that_two_sessions_check_out_at_once_are_ordered_once(
    broker: Broker, events: Subscriber, database: Database, settings: Settings
) -> None:
    """Small prefetches, so that both sessions meet on the same carts all the time."""
    carts = [a_request("a", "b") for _ in range(20)]
    copies = [
        Request(lines=each.lines, customer_id=each.customer_id, cart_id=each.cart_id)
        for _ in range(10)
        for each in carts
    ]
    small = settings.model_copy(update={"prefetch": 10, "batch_size": 5})
    async with consuming(small), consuming(small):
        await asyncio.gather(*(broker.submit(each) for each in copies))
        await events.until_ids(len(copies))
    counts = await database.counts()
    assert (counts["carts"], counts["checkouts"], counts["orders"]) == (20, 200, 40)
    assert await broker.ready() == 0
    assert await broker.ready("cart.dead-letters") == 0


@pytest.mark.usefixtures("worker")
async def test_a_checkout_whose_row_was_pruned_is_answered_again_and_keeps_nobody_waiting(
    broker: Broker, events: Subscriber, database: Database
) -> None:
    failing = Request(lines=[a_line("licenses", quantity=2_000_000)])
    await broker.submit(failing)
    await events.until(1)
    await database.execute("DELETE FROM checkouts")
    await broker.submit(failing, a_request("a"), a_request("b"))
    await events.until(4)

    counts = await database.counts()
    assert (counts["orders"], counts["checkouts"], counts["order_errors"]) == (2, 3, 1)


@pytest.mark.usefixtures("worker")
async def test_orders_whose_row_stands_in_the_way_fail_alone(
    broker: Broker, events: Subscriber, database: Database
) -> None:
    """No look-up shows the conflict: the order stands under another cart."""
    blocked = a_request("a")
    await broker.submit(blocked)
    await events.until(1)
    await database.execute("DELETE FROM checkouts")
    await database.execute("DELETE FROM carts")
    await database.execute("UPDATE orders SET cart_id = gen_random_uuid()")
    await broker.submit(blocked, a_request("b"), a_request("c"))
    await events.until(4)

    (letter,) = await broker.dead_letters(1)
    assert letter.headers["x-dead-letter-code"] == "unexpected-error"
    assert await database.value("SELECT count(*) FROM checkouts") == 2
