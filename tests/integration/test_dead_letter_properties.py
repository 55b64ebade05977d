"""A dead letter keeps the message as it came: whatever header a driver can send comes out again."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Final

import pytest
from aiormq import spec
from yarl import URL

from tests.support.broker import Broker, Message
from tests.support.carts import guid
from tests.support.in_process import consuming
from tests.support.services import Addresses
from worker.amqp.header_table import FaithfulProperties
from worker.settings import Settings

NOT_JSON: Final = b"not JSON"
MOMENT: Final = datetime(2026, 1, 31, 12, 0, 0, tzinfo=UTC)
# Written by the worker, and by quorum queues on each delivery.
NOT_SENT: Final = ("x-dead-letter-", "x-original-", "x-delivery-count", "x-acquired-count")

HEADERS: Final[dict[str, Any]] = {
    "text": "käse",
    "empty": "",
    "long-text": "x" * 9000,
    "double": 0.1,
    "huge-double": 1e300,
    "true": True,
    "false": False,
    "small": 1,
    "negative": -1,
    "large": 2**40,
    "largest": 2**63 - 1,
    "nothing": None,
    "moment": MOMENT,
    "decimal": Decimal("12.34"),
    "bytes": bytearray(b"\x00\xff"),
    "not-utf8": b"\xff\xfe",
    "table": {"inner": {"deeper": [1, 2.5, "three", {"four": MOMENT}]}},
    "list": [[], {}, "", 0],
    "k" * 200: "a long key",
}


def _sent(**more: Any) -> FaithfulProperties:
    usual: dict[str, Any] = {"delivery_mode": 2, "message_id": guid(), "app_id": "shop"}
    return FaithfulProperties(**(usual | more))


def _kept(letter: Message) -> dict[str, Any]:
    return {key: value for key, value in letter.headers.items() if not key.startswith(NOT_SENT)}


@pytest.mark.usefixtures("worker")
@pytest.mark.parametrize("name", HEADERS.keys(), ids=lambda name: name[:20])
async def test_a_header_comes_out_as_it_went_in(broker: Broker, name: str) -> None:
    await broker.send(NOT_JSON, _sent(headers={name: HEADERS[name]}))
    (letter,) = await broker.dead_letters(1)
    assert _kept(letter) == {name: HEADERS[name]}
    assert type(letter.headers[name]) is type(HEADERS[name])


@pytest.mark.usefixtures("worker")
async def test_every_property_but_the_delivery_mode_comes_out_as_it_went_in(broker: Broker) -> None:
    properties: dict[str, Any] = {
        "content_type": "text/plain",
        "content_encoding": "identity",
        "correlation_id": "ticket 1",
        "reply_to": "somewhere",
        "message_id": "id 1",
        "timestamp": MOMENT,
        "message_type": "cart",
        "app_id": "shop",
        "priority": 3,
    }
    await broker.send(NOT_JSON, spec.Basic.Properties(delivery_mode=1, **properties))
    (letter,) = await broker.dead_letters(1)
    came = letter.properties
    assert {name: getattr(came, name) for name in properties} == properties
    assert letter.routing_key == "cart.checkout"
    assert came.delivery_mode == 2


@pytest.mark.usefixtures("worker")
async def test_user_and_expiration_travel_as_headers_and_copies_are_not_asked_for(
    broker: Broker, services: Addresses
) -> None:
    """As properties, the broker would check the user, drop the letter in time, and send copies around."""
    user = URL(services.amqp_url).user
    copies = {"CC": ["copy.one"], "BCC": ["copy.two"]}
    await broker.send(NOT_JSON, _sent(user_id=user, expiration="3600000", headers=copies | {"mine": 1}))
    (letter,) = await broker.dead_letters(1)
    assert (letter.properties.user_id, letter.properties.expiration) == (None, None)
    assert _kept(letter) == {"mine": 1}
    assert letter.headers["x-original-user-id"] == user
    assert letter.headers["x-original-expiration"] == "3600000"


@pytest.mark.usefixtures("worker")
async def test_the_letter_says_what_was_wrong_and_when_it_came(broker: Broker) -> None:
    before = datetime.now(UTC)
    await broker.send(NOT_JSON, _sent())
    (letter,) = await broker.dead_letters(1)
    ours = {key: value for key, value in letter.headers.items() if key.startswith("x-dead-letter-")}
    assert ours.keys() == {
        "x-dead-letter-id",
        "x-dead-letter-code",
        "x-dead-letter-reason",
        "x-dead-letter-first-received",
        "x-dead-letter-failed-at",
    }
    assert len(ours["x-dead-letter-id"]) == 64
    received = datetime.fromisoformat(ours["x-dead-letter-first-received"])
    assert before <= received <= datetime.now(UTC)


async def test_the_same_message_has_the_same_letter_id_and_another_has_another(
    broker: Broker, settings: Settings
) -> None:
    """The archive stores a letter once, however often a crash made it."""
    same = _sent(headers={"double": 0.1, "table": {"a": [1, MOMENT]}})
    other = _sent(headers={"double": 0.2})
    for properties in (same, other):
        await broker.send(NOT_JSON, properties)
    async with consuming(settings):
        first = await broker.dead_letters(2)
    await broker.send(NOT_JSON, same)
    async with consuming(settings):
        (again,) = await broker.dead_letters(1)
    ids = {each.id: each.headers["x-dead-letter-id"] for each in first}
    assert again.headers["x-dead-letter-id"] == ids[again.id]
    assert len(set(ids.values())) == 2


@pytest.mark.usefixtures("worker")
async def test_our_headers_of_an_earlier_letter_do_not_stay_when_it_is_sent_again(broker: Broker) -> None:
    """A producer, or a replay by hand, cannot say why a message was set aside."""
    forged = {"x-dead-letter-code": "process-killer", "x-dead-letter-reason": "forged"}
    await broker.send(NOT_JSON, _sent(headers=forged))
    (letter,) = await broker.dead_letters(1)
    assert letter.headers["x-dead-letter-code"] == "not-json"
    assert "forged" not in letter.headers["x-dead-letter-reason"]
