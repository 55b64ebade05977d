"""Updates of carts, from the command's message to rows and event, alone and beside checkouts."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.deciding import BESIDE_THE_CART
from tests.support.broker import SOURCE, UPDATE, Broker, Message, Subscriber, distinct
from tests.support.carts import Request, a_line, a_request, guid
from tests.support.database import Database
from tests.support.eventually import eventually


def by_reference(request: Request) -> bytes:
    return json.dumps({"customerId": request.customer_id, "cartId": request.cart_id}).encode()


def with_other_lines(request: Request, *lines: dict[str, Any], **more: Any) -> Request:
    """Another command about the same cart."""
    return replace(request, lines=lines, **{"message_id": guid()} | more)


def body_of(event: Message) -> dict[str, Any]:
    body = json.loads(event.body)
    assert isinstance(body, dict)
    return body


@pytest.mark.usefixtures("worker")
async def test_an_update_stores_the_cart_and_tells_of_it(
    broker: Broker, events: Subscriber, database: Database
) -> None:
    request = Request(lines=[a_line(), a_line("bad", quantity=301)])
    await broker.submit(request, key=UPDATE)
    (event,) = await events.until(1)

    assert (event.routing_key, event.properties.message_type) == (f"cart.updated.{SOURCE}", "cart.updated")
    assert event.headers["ce-subject"] == f"{request.customer_id}/{request.cart_id}"
    assert event.properties.correlation_id == request.message_id
    body = body_of(event)
    assert (body["cartId"], body["cartVersion"], body["status"]) == (request.cart_id, 1, "Active")
    assert body["lastModifiedUser"] == SOURCE
    codes = [line.get("error", {}).get("errorCode") for line in body["lineItems"]]
    assert codes == [None, 10010]

    published = "SELECT count(*) FROM cart_updates WHERE publication = 'published'"
    await eventually(lambda: database.value(published))
    (row,) = await database.rows("SELECT message_id, cart_version, event_id, body FROM cart_updates")
    assert row["message_id"] == request.message_id
    assert (row["cart_version"], str(row["event_id"]), row["body"]) == (1, event.id, event.body)
    (cart,) = await database.rows("SELECT version, status, content::text AS content FROM carts")
    assert (cart["version"], cart["status"]) == (1, "Active")
    shown = {name: body[name] for name in body.keys() - {*BESIDE_THE_CART}}
    assert json.loads(cart["content"]) == shown
    assert (await database.count("orders"), await database.count("checkouts")) == (0, 0)
    assert await broker.ready(UPDATE) == 0


@pytest.mark.usefixtures("worker")
async def test_an_updated_cart_is_checked_out_by_its_id(
    broker: Broker, events: Subscriber, database: Database
) -> None:
    request = a_request("a", "b")
    await broker.submit(request, key=UPDATE)
    await events.until(1)
    await broker.publish(by_reference(request), message_id=guid(), app_id=SOURCE)
    _, event = await events.until(2)

    assert event.routing_key == f"checkout.completed.{SOURCE}"
    assert (body_of(event)["cartVersion"], body_of(event)["cartStatus"]) == (2, "Ordered")
    groups = await database.rows("SELECT order_group FROM orders ORDER BY order_group")
    assert [row["order_group"] for row in groups] == ["a", "b"]


@pytest.mark.usefixtures("worker")
async def test_a_cart_without_any_id_is_one_cart_however_often_its_message_comes(
    broker: Broker, events: Subscriber, database: Database
) -> None:
    body = json.dumps({"customerId": guid(), "cart": {"lineItems": [a_line()]}}).encode()
    for count in (1, 2):
        await broker.publish(body, key=UPDATE, message_id="one", app_id=SOURCE)
        await events.until(count)
    assert len(distinct(events.messages)) == 1
    assert str(await database.value("SELECT cart_id FROM carts")) == body_of(events.messages[0])["cartId"]


@pytest.mark.usefixtures("worker")
async def test_the_same_update_again_repeats_its_event_byte_for_byte(
    broker: Broker, events: Subscriber, database: Database
) -> None:
    """Also when the cart has gone on since."""
    first = a_request("a")
    await broker.submit(first, key=UPDATE)
    await events.until(1)
    await broker.submit(with_other_lines(first, a_line("b")), key=UPDATE)
    await events.until(2)
    await broker.submit(first, key=UPDATE)
    once, _, again = await events.until(3)

    assert again.everything == once.everything
    assert await database.value("SELECT version FROM carts") == 2
    assert await database.count("cart_updates") == 2


@pytest.mark.usefixtures("worker")
@pytest.mark.parametrize(
    ("first", "second"), [(UPDATE, UPDATE), (UPDATE, "cart.checkout"), ("cart.checkout", UPDATE)]
)
@pytest.mark.parametrize("cart", ["same-cart", "other-cart"])
async def test_a_message_id_stands_for_one_command_be_it_an_update_or_a_checkout(
    broker: Broker, events: Subscriber, database: Database, first: str, second: str, cart: str
) -> None:
    request = a_request("a")
    lines = request.lines if first != second else [a_line("b")]
    other = replace(request, lines=lines, cart_id=guid() if cart == "other-cart" else request.cart_id)
    await broker.submit(request, key=first)
    await events.until(1)
    await broker.submit(other, key=second)

    (letter,) = await broker.dead_letters(1)
    assert (letter.body, letter.headers["x-dead-letter-code"]) == (other.body, "message-id-reused")
    _, event = await events.until(2)
    rejected = "cart.rejected" if second == UPDATE else "checkout.rejected"
    assert event.routing_key == f"{rejected}.{SOURCE}"
    told = body_of(event)
    assert (told["code"], told["deadLettered"], told["cartId"]) == ("message-id-reused", True, other.cart_id)
    stored = await database.count("cart_updates") + await database.count("checkouts")
    assert (stored, await database.value("SELECT max(version) FROM carts")) == (1, 1)


@pytest.mark.usefixtures("worker")
async def test_a_refused_update_is_stored_told_and_repeated(
    broker: Broker, events: Subscriber, database: Database
) -> None:
    request = a_request("a")
    await broker.submit(request)
    await events.until(1)
    refused = with_other_lines(request, a_line("b"))
    for count in (2, 3):
        await broker.submit(refused, key=UPDATE)
        await events.until(count)

    _, once, again = events.messages
    assert once.everything == again.everything
    assert once.routing_key == f"cart.rejected.{SOURCE}"
    told = body_of(once)
    assert (told["code"], told["deadLettered"], told["cartVersion"]) == (800065, False, 1)
    (row,) = await database.rows("SELECT event_type, cart_version FROM cart_updates")
    assert row == {"event_type": "cart.rejected", "cart_version": 1}
    assert await database.value("SELECT version FROM carts") == 1
    assert await broker.ready("cart.dead-letters") == 0


@pytest.mark.usefixtures("worker")
async def test_an_older_update_never_overwrites_a_newer_cart(
    broker: Broker, events: Subscriber, database: Database
) -> None:
    newer, now = a_request("newer"), datetime.now(UTC)
    older = with_other_lines(newer, a_line("older"))
    for count, (request, asked) in enumerate([(newer, now), (older, now - timedelta(minutes=1))], 1):
        await broker.publish(request.body, key=UPDATE, message_id=request.message_id, timestamp=asked)
        await events.until(count)

    told = body_of(events.messages[1])
    assert (told["code"], told["cartVersion"]) == (800036, 1)
    content = json.loads(await database.value("SELECT content::text FROM carts"))
    assert [line["orderGroup"] for line in content["lineItems"]] == ["newer"]


@pytest.mark.usefixtures("worker")
@pytest.mark.parametrize(
    ("body", "code"),
    [(b"not JSON", "not-json"), (b'{"customerId": "x"}', "contract-violation"), (b"\xff", "not-utf8")],
    ids=["not-json", "contract-violation", "not-utf8"],
)
async def test_a_malformed_update_becomes_a_dead_letter_and_its_producer_is_told(
    broker: Broker, events: Subscriber, database: Database, body: bytes, code: str
) -> None:
    await broker.publish(body, key=UPDATE, message_id=guid(), app_id="shop.eu", correlation_id="ticket 1")

    (letter,) = await broker.dead_letters(1)
    assert (letter.routing_key, letter.body) == (UPDATE, body)
    assert letter.headers["x-dead-letter-code"] == code
    (event,) = await events.until(1)
    assert (event.routing_key, event.properties.correlation_id) == ("cart.rejected.shop-eu", "ticket 1")
    told = body_of(event)
    assert (told["code"], told["deadLettered"]) == (code, True)
    assert (await database.count("cart_updates"), await database.count("carts")) == (0, 0)


@pytest.mark.usefixtures("worker")
async def test_a_cart_that_was_changed_under_a_long_name_can_be_changed_again(
    broker: Broker, events: Subscriber
) -> None:
    request = a_request("a")
    for count in (1, 2):
        headers = {"ce-source": "s" * 2000}
        await broker.publish(request.body, key=UPDATE, message_id=str(count), headers=headers)
        await events.until(count)
    assert [body_of(each)["cartVersion"] for each in events.messages] == [1, 2]
