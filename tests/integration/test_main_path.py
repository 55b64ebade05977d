"""A checkout from the command's message to rows and event."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from tests.support.broker import SOURCE, Broker, Subscriber
from tests.support.carts import SEATS, STORAGE, UNKNOWN, WITHDRAWN, Request, a_line, a_request, guid
from tests.support.database import Database

pytestmark = pytest.mark.usefixtures("worker")


async def test_a_cart_of_two_groups_becomes_two_orders(
    broker: Broker, events: Subscriber, database: Database
) -> None:
    request = Request(
        lines=[a_line("licenses", quantity=5), a_line("licenses", quantity=1), a_line("storage", STORAGE)]
    )
    await broker.submit(request)
    await events.until(1)

    orders = await database.rows("SELECT order_id, order_group, cart_id FROM orders ORDER BY order_group")
    assert [(row["order_group"], str(row["cart_id"])) for row in orders] == [
        ("licenses", request.cart_id),
        ("storage", request.cart_id),
    ]
    lines = await database.rows(
        "SELECT order_group, line_item_number, catalog_item_id, quantity, term_duration "
        "FROM order_line_items JOIN orders USING (customer_id, order_id) "
        "ORDER BY order_group, line_item_number"
    )
    assert [tuple(row.values()) for row in lines] == [
        ("licenses", 0, SEATS, 5, "P1M"),
        ("licenses", 1, SEATS, 1, "P1M"),
        ("storage", 0, STORAGE, 2, None),
    ]
    assert await database.rows("SELECT version, status FROM carts") == [{"version": 1, "status": "Ordered"}]
    assert await database.counts() == {
        "carts": 1,
        "checkouts": 1,
        "orders": 2,
        "order_line_items": 3,
        "order_errors": 0,
    }


async def test_the_event_tells_of_every_order_and_carries_the_stored_bytes(
    broker: Broker, events: Subscriber, database: Database
) -> None:
    request = a_request("a", "b")
    await broker.submit(request)
    (event,) = await events.until(1)

    (row,) = await database.rows("SELECT event_id, body, event_time, correlation_id FROM checkouts")
    assert event.body == row["body"]
    assert event.routing_key == f"checkout.completed.{SOURCE}"
    document = json.loads(event.body)
    orders = await database.rows("SELECT order_id FROM orders")
    assert {order["id"] for order in document["orders"]} == {str(each["order_id"]) for each in orders}
    assert {name: document[name] for name in ("customerId", "cartId", "cartVersion", "cartStatus")} == {
        "customerId": request.customer_id,
        "cartId": request.cart_id,
        "cartVersion": 1,
        "cartStatus": "Ordered",
    }
    assert document["orderErrors"] == []


async def test_the_event_has_the_promised_properties_and_cloud_event_headers(
    broker: Broker, events: Subscriber, database: Database
) -> None:
    request = a_request("a")
    trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    await broker.publish(
        request.body,
        message_id=request.message_id,
        app_id=SOURCE,
        headers={"traceparent": trace, "tracestate": "vendor=1"},
    )
    (event,) = await events.until(1)

    (row,) = await database.rows("SELECT event_id, event_time FROM checkouts")
    properties = event.properties
    assert (properties.message_id, properties.message_type) == (str(row["event_id"]), "checkout.completed")
    assert (properties.content_type, properties.delivery_mode) == ("application/json", 2)
    assert properties.correlation_id == request.message_id
    assert properties.app_id
    assert properties.timestamp is not None
    assert event.headers == {
        "ce-specversion": "1.0",
        "ce-id": str(row["event_id"]),
        "ce-source": "/cart-checkout-worker",
        "ce-type": "checkout.completed",
        "ce-subject": f"{request.customer_id}/{request.cart_id}",
        "ce-time": row["event_time"],
        "traceparent": trace,
        "tracestate": "vendor=1",
    }


async def test_a_bad_line_fails_its_group_and_not_the_cart(
    broker: Broker, events: Subscriber, database: Database
) -> None:
    request = Request(lines=[a_line("good"), a_line("bad", WITHDRAWN)])
    await broker.submit(request)
    (event,) = await events.until(1)

    assert event.routing_key == f"checkout.partial.{SOURCE}"
    document = json.loads(event.body)
    assert [each["orderGroupId"] for each in document["orderErrors"]] == ["bad"]
    assert [row["order_group"] for row in await database.rows("SELECT order_group FROM orders")] == ["good"]
    errors = await database.rows("SELECT order_group, code FROM order_errors")
    assert errors == [{"order_group": "bad", "code": 800020}]
    assert await database.value("SELECT status FROM carts") == "Active"


async def test_a_cart_without_a_good_group_fails_and_makes_no_order(
    broker: Broker, events: Subscriber, database: Database
) -> None:
    await broker.submit(Request(lines=[a_line("one", UNKNOWN), a_line("two", quantity=301)]))
    (event,) = await events.until(1)

    assert event.routing_key == f"checkout.failed.{SOURCE}"
    document = json.loads(event.body)
    assert document["orders"] == []
    codes = {each["orderGroupId"]: each["code"] for each in document["orderErrors"]}
    assert codes == {"one": 400019, "two": 800017}
    counts = await database.counts()
    assert (counts["checkouts"], counts["orders"], counts["order_errors"]) == (1, 0, 2)


async def test_a_cart_that_was_expired_when_asked_fails(
    broker: Broker, events: Subscriber, database: Database
) -> None:
    asked = datetime.now(UTC) - timedelta(minutes=1)
    expired = (asked - timedelta(seconds=5)).isoformat().replace("+00:00", "Z")
    in_time = (asked + timedelta(seconds=5)).isoformat().replace("+00:00", "Z")
    late, early = (a_request("a", cart={"expirationTimestamp": moment}) for moment in (expired, in_time))
    for request in (late, early):
        await broker.publish(request.body, message_id=request.message_id, timestamp=asked)
    await events.until(2)

    types = await database.rows("SELECT message_id, event_type FROM checkouts")
    assert {row["message_id"]: row["event_type"] for row in types} == {
        late.message_id: "checkout.failed",
        early.message_id: "checkout.completed",
    }
    assert await database.value("SELECT code FROM order_errors") == 800008


@pytest.mark.parametrize(
    ("app_id", "source"),
    [(None, "unknown"), ("shop.eu #1/é", "shop-eu--1--")],
    ids=["none", "unusual-characters"],
)
async def test_the_routing_key_ends_in_the_source(
    broker: Broker, events: Subscriber, app_id: str | None, source: str
) -> None:
    await broker.submit(a_request("a"), source=app_id)
    (event,) = await events.until(1)
    assert event.routing_key == f"checkout.completed.{source}"


async def test_a_storefront_hears_its_own_answers_only(broker: Broker, events: Subscriber) -> None:
    own = await broker.subscribe("checkout.*.shop-a")
    await broker.submit(a_request("a"), source="shop-a")
    await broker.submit(a_request("a"), source="shop-b")
    await events.until(2)
    await own.until(1)
    assert [each.routing_key for each in own.messages] == ["checkout.completed.shop-a"]


async def test_the_correlation_id_comes_back(broker: Broker, events: Subscriber) -> None:
    request = a_request("a")
    await broker.publish(request.body, message_id=request.message_id, correlation_id="ticket 4711")
    (event,) = await events.until(1)
    assert event.properties.correlation_id == "ticket 4711"


async def test_a_stored_cart_is_checked_out_by_its_id(
    broker: Broker, events: Subscriber, database: Database
) -> None:
    first = Request(lines=[a_line("good"), a_line("bad", quantity=301)])
    await broker.submit(first)
    await events.until(1)
    by_id = json.dumps({"customerId": first.customer_id, "cartId": first.cart_id}).encode()
    await broker.publish(by_id, message_id=guid(), app_id=SOURCE)
    _, event = await events.until(2)

    document = json.loads(event.body)
    assert (document["cartId"], document["cartVersion"]) == (first.cart_id, 2)
    assert [each["orderGroupId"] for each in document["orderErrors"]] == ["bad"]
    order = await database.value("SELECT order_id FROM orders")
    assert [each["id"] for each in document["orders"]] == [str(order)]


async def test_a_cart_that_is_not_there_fails_without_a_group(
    broker: Broker, events: Subscriber, database: Database
) -> None:
    body = json.dumps({"customerId": guid(), "cartId": guid()}).encode()
    await broker.publish(body, message_id=guid(), app_id=SOURCE)
    (event,) = await events.until(1)
    assert event.routing_key == f"checkout.failed.{SOURCE}"
    errors = json.loads(event.body)["orderErrors"]
    assert [(each["orderGroupId"], each["code"]) for each in errors] == [("", 800008)]
    counts = await database.counts()
    assert (counts["checkouts"], counts["orders"]) == (1, 0)


async def test_a_command_for_another_version_does_nothing(
    broker: Broker, events: Subscriber, database: Database
) -> None:
    request = a_request("a")
    body = json.dumps(request.document | {"cartVersion": 3}).encode()
    await broker.publish(body, message_id=request.message_id, app_id=SOURCE)
    (event,) = await events.until(1)
    assert event.routing_key == f"checkout.failed.{SOURCE}"
    assert [each["code"] for each in json.loads(event.body)["orderErrors"]] == [800036]
    assert await database.count("orders") == 0


async def test_an_idle_worker_answers_each_message_by_itself(broker: Broker, events: Subscriber) -> None:
    """A worker that waited for a batch to fill would not answer before the next message comes."""
    for number in range(1, 6):
        await broker.submit(a_request("a"))
        await events.until(number, within=5)
    assert len(events.messages) == 5
