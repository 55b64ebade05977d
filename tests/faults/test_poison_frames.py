"""Messages whose properties the driver cannot decode: set aside one by one, on a connection that stays."""

from typing import Any, Final

import pytest
from aiormq import spec

from tests.support.broker import DEAD_LETTERS, SOURCE, Broker, Message, Subscriber, connected_broker
from tests.support.carts import a_request
from tests.support.database import Database
from tests.support.eventually import eventually
from tests.support.in_process import consuming
from tests.support.raw_properties import (
    RawProperties,
    RawText,
    nested_tables,
    raw_properties,
    seconds,
    short,
    sized,
)
from tests.support.services import Addresses
from tests.support.worker_process import Workers
from worker.amqp.connection import connected, open_channel
from worker.amqp.subscription import Subscription
from worker.settings import Settings

NOT_UTF8: Final = b"\xff\xfe"
POISON: Final = {
    "timestamp-after-year-9999": raw_properties(timestamp=seconds(999_999_999_999_999)),
    "timestamp-of-64-bits": raw_properties(timestamp=seconds(2**63)),
    "timestamp-in-headers": raw_properties(headers=sized(short(b"when") + b"T" + seconds(2**63))),
    "message-id-not-utf8": raw_properties(message_id=short(NOT_UTF8)),
    "content-type-not-utf8": raw_properties(content_type=short(NOT_UTF8), app_id=short(b"shop")),
    "app-id-not-utf8": raw_properties(app_id=short(NOT_UTF8), message_id=short(b"readable")),
    "header-key-not-utf8": raw_properties(headers=sized(short(NOT_UTF8) + b"V")),
    "tables-400-deep": raw_properties(headers=nested_tables(400)),
    "tables-900-deep": raw_properties(headers=nested_tables(900)),
}
TOO_LONG: Final = raw_properties(headers=sized(short(b"a") + b"A" + sized(b"V" * 100_000)))


def _body(name: str) -> bytes:
    """Nobody may read it: it would be a good command's."""
    return a_request(name).body


def _original(letter: Message) -> bytes:
    return bytes(letter.headers["x-original-properties"])


async def test_each_is_set_aside_with_its_bytes_and_its_neighbours_are_ordered(
    broker: Broker, events: Subscriber, database: Database, workers: Workers
) -> None:
    worker = await workers.start()
    good = [a_request("a") for _ in range(len(POISON) + 1)]
    bodies = {_body(name): raw for name, raw in POISON.items()}
    await broker.submit(good[0])
    for (body, raw), request in zip(bodies.items(), good[1:], strict=True):
        await broker.send(body, RawProperties(raw))
        await broker.submit(request)

    letters = await broker.dead_letters(len(POISON))
    named = [name for name, raw in POISON.items() if b"shop" in raw or b"readable" in raw]
    heard = [each.properties.message_type for each in await events.until(len(good) + len(named))]
    assert {each.body: _original(each) for each in letters} == bodies
    assert {each.headers["x-dead-letter-code"] for each in letters} == {"undecodable-frame"}
    assert (heard.count("checkout.completed"), heard.count("checkout.rejected")) == (len(good), len(named))
    assert await database.count("checkouts") == len(good)
    assert await worker.stop() == 0
    assert await broker.ready() == 0
    logged = [each["event"] for each in worker.logged()]
    assert (logged.count("worker.consuming"), logged.count("worker.session-lost")) == (1, 0)


@pytest.mark.parametrize("copied", [[], ["cart.checkout"]], ids=["to-no-queue", "to-the-worker-s-queue"])
async def test_a_routing_key_that_is_no_text_ends_no_connection(
    broker: Broker, events: Subscriber, database: Database, workers: Workers, copied: list[str]
) -> None:
    worker = await workers.start(archive="on")
    headers: dict[str, Any] = {"CC": copied} if copied else {}
    odd, *good = (a_request("a") for _ in range(4))
    properties = spec.Basic.Properties(
        delivery_mode=2, message_id=odd.message_id, app_id=SOURCE, headers=headers
    )
    await broker.send(odd.body, properties, RawText("cart.\xff"))
    await broker.submit(*good)

    heard = sorted(each.properties.message_type or "" for each in await events.until(4))
    assert heard == ["checkout.completed"] * 3 + ["checkout.completed" if copied else "checkout.rejected"]
    assert await database.count("checkouts") == 3 + bool(copied)
    await eventually(lambda: broker.ready(DEAD_LETTERS), lambda there: there == 0)
    assert await worker.stop() == 0
    logged = [each["event"] for each in worker.logged()]
    assert (logged.count("worker.consuming"), logged.count("worker.session-lost")) == (1, 0)


@pytest.mark.usefixtures("worker")
@pytest.mark.parametrize(
    ("name", "culprit"),
    [
        ("timestamp-after-year-9999", "property timestamp"),
        ("message-id-not-utf8", "property message_id"),
        ("tables-900-deep", "property headers"),
    ],
)
async def test_the_reason_names_the_property(broker: Broker, name: str, culprit: str) -> None:
    await broker.send(_body(name), RawProperties(POISON[name]))
    (letter,) = await broker.dead_letters(1)
    assert culprit in letter.headers["x-dead-letter-reason"]


@pytest.mark.usefixtures("worker")
async def test_of_very_long_properties_the_beginning_is_kept(broker: Broker) -> None:
    await broker.send(b"{}", RawProperties(TOO_LONG))
    (letter,) = await broker.dead_letters(1)
    kept = _original(letter)
    assert len(kept) > 15_000
    assert TOO_LONG.startswith(kept)
    assert f"first {len(kept)} of {len(TOO_LONG)} bytes" in letter.headers["x-dead-letter-reason"]


async def test_a_message_that_comes_again_becomes_the_same_dead_letter(
    services: Addresses, broker: Broker, settings: Settings
) -> None:
    """Quorum queues write the number of deliveries among the headers that cannot be decoded."""
    body, raw = _body("a"), POISON["timestamp-in-headers"]
    await broker.send(body, RawProperties(raw))
    async with consuming(settings):
        (first,) = await broker.dead_letters(1)
    await broker.send(body, RawProperties(raw))
    async with connected_broker(services.amqp_url) as interrupted:
        await interrupted.receive()
    await eventually(broker.ready, lambda there: there == 1)
    async with consuming(settings):
        (again,) = await broker.dead_letters(1)
    assert first.headers["x-dead-letter-id"] == again.headers["x-dead-letter-id"]
    assert (first.id, _original(first)) == (again.id, _original(again))


@pytest.mark.usefixtures("worker")
async def test_a_letter_is_no_larger_than_a_frame(broker: Broker, events: Subscriber) -> None:
    """A header that the broker took, and would not take again with ours beside it."""
    headers = {"large": "x" * 80_000, "larger": "y" * 40_000, "small": "z"}
    await broker.publish(b"not JSON", headers=headers, app_id=SOURCE)
    (letter,) = await broker.dead_letters(1)
    assert letter.body == b"not JSON"
    assert letter.headers["small"] == "z"
    assert letter.headers["larger"] == "y" * 40_000
    assert "left out: 1" in letter.headers["x-dead-letter-reason"]
    await events.until(1)
    assert await broker.ready(DEAD_LETTERS) == 0


async def test_a_subscriber_hears_on(services: Addresses, broker: Broker) -> None:
    subscription = Subscription()
    async with connected(services.amqp_url, "tests") as connection:
        await subscription.open(await open_channel(connection))
        for body, raw in ((b"1", POISON["timestamp-of-64-bits"]), (b"2", raw_properties())):
            await broker.send(body, RawProperties(raw), "some.key", "checkout.results")
        heard = [await subscription.next() for _ in range(2)]
    assert [(each.body, each.routing_key) for each in heard] == [(b"1", "some.key"), (b"2", "some.key")]
    assert heard[0].message_id == ""
