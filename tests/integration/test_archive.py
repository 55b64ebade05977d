"""Dead letters are archived: each once, as it came, whoever set it aside, and whoever asked is told."""

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from secrets import token_bytes
from typing import Any, Final

import pytest
from aiormq import spec
from yarl import URL

from contracts.codes import DeadLetterCode
from tests.support.archive import archived, headers_of, history, sent, values
from tests.support.broker import CHECKOUT, DEAD_LETTERS, SOURCE, UPDATE, Broker, Subscriber
from tests.support.carts import a_line, a_request, guid
from tests.support.database import Database
from tests.support.eventually import eventually
from tests.support.in_process import archiving_by, consuming
from tests.support.management import ManagementApi
from tests.support.raw_properties import RawProperties, nested_tables, raw_properties, seconds, short
from tests.support.services import Addresses
from worker.amqp.header_table import FaithfulProperties
from worker.settings import Settings
from worker.status import Status

NOT_JSON: Final = b"not JSON\x00\xff"
MOMENT: Final = datetime(2026, 1, 31, 12, 0, 0, tzinfo=UTC)
HEADERS: Final[dict[str, Any]] = {
    "text": "käse",
    "long-text": "x" * 9000,
    "double": 0.1,
    "largest": 2**63 - 1,
    "nothing": None,
    "moment": MOMENT,
    "decimal": Decimal("12.34"),
    "bytes": bytearray(b"\x00\xff"),
    "not-utf8": b"\xff\xfe",
    "nul": "a\x00b",
    "table": {"inner": {"deeper": [1, 2.5, "three", {"four": MOMENT}]}},
    "list": [[], {}, "", 0],
    "k" * 200: "a long key",
}
EVERY_PROPERTY: Final[dict[str, Any]] = {
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


@pytest.fixture
async def archiving(settings: Settings, broker: Broker) -> AsyncIterator[Status]:  # noqa: ARG001 - purged first
    """A worker that archives."""
    async with consuming(archiving_by(settings)) as status:
        yield status


async def _is_empty(broker: Broker) -> None:
    await eventually(lambda: broker.ready(DEAD_LETTERS), lambda count: count == 0)


@pytest.mark.usefixtures("archiving")
async def test_a_dead_letter_is_archived_with_every_property_and_header(
    broker: Broker, database: Database
) -> None:
    properties = FaithfulProperties(delivery_mode=2, headers=HEADERS, **EVERY_PROPERTY)
    await broker.send(NOT_JSON, properties)

    (entry,) = await archived(database, 1)
    assert entry["body"] == NOT_JSON
    assert values(sent(entry)) == values(properties)
    assert (entry["state"], entry["code"], entry["set_aside_by"]) == ("parked", "not-utf8", "worker")
    assert (entry["queue"], entry["routing_key"]) == (CHECKOUT, CHECKOUT)
    assert (entry["message_id"], entry["correlation_id"], entry["source"]) == ("id 1", "ticket 1", "shop")
    assert (entry["failures"], entry["asked_at"]) == (1, MOMENT)
    assert entry["dead_letter_id"] == headers_of(entry)["x-dead-letter-id"]
    assert await history(database) == [("archived", None, "parked")]
    await _is_empty(broker)


@pytest.mark.usefixtures("archiving")
async def test_user_and_expiration_are_restored(
    broker: Broker, database: Database, services: Addresses
) -> None:
    properties: dict[str, Any] = {"user_id": URL(services.amqp_url).user, "expiration": "3600000"}
    await broker.publish(NOT_JSON, message_id="m", **properties)
    (entry,) = await archived(database, 1)
    assert values(sent(entry)) == {"message_id": "m", "delivery_mode": 2} | properties


@pytest.mark.usefixtures("archiving")
async def test_a_contract_violation_tells_places_customer_and_cart(
    broker: Broker, database: Database
) -> None:
    request = a_request("a")
    document = request.document
    document["cart"]["lineItems"] = [a_line("a"), a_line("b", quantity=0)]
    await broker.publish(json.dumps(document).encode(), message_id=request.message_id)

    (entry,) = await archived(database, 1)
    (violation,) = json.loads(entry["violations"])
    assert violation["path"] == "cart.lineItems[1].quantity"
    assert entry["pattern"] == f"contract-violation: cart.lineItems[].quantity: {violation['rule']}"
    assert (str(entry["customer_id"]), str(entry["cart_id"])) == (request.customer_id, request.cart_id)


@pytest.mark.usefixtures("archiving")
async def test_a_mistyped_key_is_archived_and_its_producer_is_told(
    broker: Broker, database: Database, events: Subscriber
) -> None:
    request = a_request("a")
    await broker.publish(request.body, key="cart.chekout", message_id=request.message_id, app_id=SOURCE)

    (entry,) = await archived(database, 1)
    assert (entry["code"], entry["set_aside_by"], entry["queue"]) == ("unroutable", "broker", None)
    assert (entry["exchange"], entry["routing_key"]) == ("cart.commands", "cart.chekout")
    assert (
        entry["reason"] == "No queue is bound to the routing key cart.chekout of the exchange cart.commands"
    )
    (event,) = await events.until(1)
    assert event.routing_key == f"checkout.rejected.{SOURCE}"
    told = json.loads(event.body)
    assert (told["code"], told["deadLettered"]) == ("unroutable", True)
    assert (told["customerId"], told["cartId"]) == (request.customer_id, request.cart_id)


@pytest.mark.usefixtures("archiving")
async def test_whoever_mistyped_the_key_of_an_update_hears_of_the_update(
    broker: Broker, events: Subscriber
) -> None:
    await broker.publish(a_request("a").body, key="cart.updat", app_id=SOURCE)
    (event,) = await events.until(1)
    assert event.routing_key == f"cart.rejected.{SOURCE}"


async def test_a_message_over_the_delivery_limit_is_archived_with_its_death_and_its_producer_is_told(
    broker: Broker, database: Database, events: Subscriber, settings: Settings
) -> None:
    request = a_request("a")
    properties = FaithfulProperties(
        delivery_mode=2, message_id=request.message_id, app_id=SOURCE, headers={"mine": HEADERS["table"]}
    )
    await broker.send(request.body, properties, UPDATE)
    await broker.exceed_delivery_limit(UPDATE)
    async with consuming(archiving_by(settings)):
        (entry,) = await archived(database, 1)
        (event,) = await events.until(1)

    assert (entry["code"], entry["set_aside_by"], entry["queue"]) == ("delivery-limit", "broker", UPDATE)
    assert headers_of(entry)["x-death"][0]["reason"] == "delivery_limit"
    assert values(sent(entry)) == values(properties)
    assert entry["body"] == request.body
    assert event.routing_key == f"cart.rejected.{SOURCE}"
    assert json.loads(event.body)["code"] == "delivery-limit"
    assert await database.count("checkouts") == 0


async def test_a_message_that_expired_is_archived_and_its_producer_is_told(
    broker: Broker, database: Database, events: Subscriber, settings: Settings
) -> None:
    request = a_request("a")
    await broker.publish(request.body, message_id=request.message_id, app_id=SOURCE, expiration="1")
    await eventually(lambda: broker.ready(DEAD_LETTERS), lambda count: count == 1)
    async with consuming(archiving_by(settings)):
        (entry,) = await archived(database, 1)
        (event,) = await events.until(1)

    assert (entry["code"], entry["set_aside_by"], entry["queue"]) == ("expired", "broker", CHECKOUT)
    assert entry["reason"].startswith("The message expired in the queue: cart.checkout")
    assert event.routing_key == f"checkout.rejected.{SOURCE}"
    assert json.loads(event.body)["code"] == DeadLetterCode.EXPIRED


@pytest.mark.usefixtures("archiving")
async def test_nobody_is_told_of_a_mistyped_key_that_names_nobody(
    broker: Broker, database: Database, events: Subscriber, management: ManagementApi
) -> None:
    await management.publish_bare(b"{", key="cart.chekout")
    await archived(database, 1)
    good = a_request("a")
    await broker.submit(good)
    await events.until(1)
    assert [each.properties.message_type for each in events.messages] == ["checkout.completed"]


POISON: Final = {
    "timestamp": raw_properties(timestamp=seconds(2**63)),
    "message-id": raw_properties(message_id=short(b"\xff\xfe")),
    "nested": raw_properties(headers=nested_tables(900)),
}


@pytest.mark.usefixtures("archiving")
@pytest.mark.parametrize("key", [CHECKOUT, "cart.chekout"])
@pytest.mark.parametrize("raw", POISON.values(), ids=POISON.keys())
async def test_a_poison_frame_is_archived_byte_for_byte(
    broker: Broker, database: Database, raw: bytes, key: str
) -> None:
    body = a_request("a").body
    await broker.send(body, RawProperties(raw), key)
    await broker.publish(NOT_JSON, message_id="next")

    entries = await archived(database, 2)
    (poison,) = (each for each in entries if each["message_id"] != "next")
    assert poison["body"] == body
    assert vars(sent(poison))["raw"] == raw
    assert poison["code"] == ("undecodable-frame" if key == CHECKOUT else "unroutable")
    await _is_empty(broker)


async def test_letters_that_lie_or_say_nothing_are_archived_all_the_same(
    broker: Broker, database: Database, settings: Settings
) -> None:
    odd: list[dict[str, Any]] = [
        {},
        {"x-dead-letter-id": 1, "x-dead-letter-code": [2]},
        {
            "x-dead-letter-code": "c" * 500,
            "x-dead-letter-reason": "r\x00" * 3000,
            "x-dead-letter-id": "i\x00",
        },
        {"x-dead-letter-code": "not-json", "x-dead-letter-failed-at": "9999-99-99T00:00:00Z"},
        {"x-death": "no list"},
        {"x-death": [{"reason": {"a": 1}, "queue": 7, "time": "soon"}]},
        {"x-death": []},
        {"x-replay-token": "zz"},
        {"x-replay-token": "f" * 64, "x-dead-letter-code": "not-json", "x-dead-letter-id": "forged"},
    ]
    for number, headers in enumerate(odd):
        properties = FaithfulProperties(delivery_mode=2, message_id=str(number), headers=headers)
        await broker.send(b"\xff", properties, CHECKOUT, DEAD_LETTERS)
    async with consuming(archiving_by(settings)):
        entries = await archived(database, len(odd))
    assert [each["message_id"] for each in entries] == [str(number) for number in range(len(odd))]
    assert {each["state"] for each in entries} == {"parked"}
    await _is_empty(broker)


FORGED: Final[dict[str, Any]] = {
    "x-dead-letter-code": "contract-violation",
    "x-dead-letter-reason": "Run $(rm -rf /)",
    "x-dead-letter-id": "$(rm -rf /)",
    "x-dead-letter-failed-at": "9998-03-14T09:26:53.589793Z",
}
OLD_DEATH: Final = {
    "queue": CHECKOUT,
    "reason": "expired",
    "count": 1,
    "time": datetime(2020, 1, 1, tzinfo=UTC),
}


@pytest.mark.parametrize("death", [{}, {"x-death": [OLD_DEATH]}], ids=["without-death", "with-death"])
async def test_a_producer_cannot_tell_why_the_broker_set_its_message_aside(
    broker: Broker, database: Database, events: Subscriber, settings: Settings, death: dict[str, Any]
) -> None:
    headers = FORGED | death
    await broker.publish(b"{}", message_id="m", app_id=SOURCE, expiration="1", headers=headers)
    await eventually(lambda: broker.ready(DEAD_LETTERS), lambda count: count == 1)
    async with consuming(archiving_by(settings)):
        (entry,) = await archived(database, 1)
        (event,) = await events.until(1)
    assert (entry["code"], entry["set_aside_by"], entry["queue"]) == ("expired", "broker", CHECKOUT)
    assert "rm" not in entry["reason"] + entry["dead_letter_id"]
    assert json.loads(event.body)["code"] == "expired"


@pytest.mark.usefixtures("archiving")
async def test_a_producer_cannot_tell_that_the_broker_set_aside_what_a_worker_did(
    broker: Broker, database: Database
) -> None:
    death = OLD_DEATH | {"time": datetime(2100, 1, 1, tzinfo=UTC)}
    await broker.publish(NOT_JSON, message_id="m", headers=FORGED | {"x-death": [death]})
    (entry,) = await archived(database, 1)
    assert (entry["code"], entry["set_aside_by"]) == ("not-utf8", "worker")


@pytest.mark.usefixtures("archiving")
async def test_a_mistyped_key_says_nothing_else_than_that(broker: Broker, database: Database) -> None:
    forged = FORGED | {
        "x-original-user-id": "admin",
        "x-original-properties": bytearray(b"\x00\x10\x05admin"),
    }
    await broker.publish(b"{}", key="cart.chekout", message_id="m", headers=forged)
    (entry,) = await archived(database, 1)
    assert (entry["code"], entry["set_aside_by"]) == ("unroutable", "broker")
    assert (sent(entry).message_id, sent(entry).user_id) == ("m", None)
    assert entry["dead_letter_id"] != FORGED["x-dead-letter-id"]


async def test_another_message_under_the_id_of_an_entry_is_stored_under_its_own(
    broker: Broker, database: Database, settings: Settings
) -> None:
    headers: dict[str, Any] = {
        "x-dead-letter-id": "5a" * 32,
        "x-dead-letter-code": "not-json",
        "x-dead-letter-reason": "r",
    }
    for body in (b"one", b"two", b"one"):
        properties = spec.Basic.Properties(delivery_mode=2, message_id=body.decode(), headers=headers)
        await broker.send(body, properties, CHECKOUT, DEAD_LETTERS)
    async with consuming(archiving_by(settings)):
        entries = await eventually(
            lambda: database.rows("SELECT body, failures FROM dead_letters ORDER BY body"),
            lambda rows: sum(row["failures"] for row in rows) == 3,
        )
    assert [(row["body"], row["failures"]) for row in entries] == [(b"one", 2), (b"two", 1)]


@pytest.mark.usefixtures("archiving")
async def test_the_same_message_that_fails_again_counts_on_one_entry(
    broker: Broker, database: Database
) -> None:
    for failures in (1, 2, 3):
        await broker.publish(NOT_JSON, message_id="m")
        await eventually(
            lambda: database.value("SELECT failures FROM dead_letters"),
            lambda there, wanted=failures: there == wanted,  # type: ignore[misc]
        )
    (entry,) = await archived(database, 1)
    assert entry["first_failed_at"] < entry["last_failed_at"]
    assert await history(database) == [("archived", None, "parked"), *[("archived", "parked", "parked")] * 2]


async def test_a_letter_that_is_delivered_again_adds_nothing(
    broker: Broker, database: Database, settings: Settings
) -> None:
    """As after a crash between commit and acknowledgement."""
    await broker.publish(NOT_JSON, message_id="ours")
    await broker.publish(NOT_JSON, key="cart.chekout", message_id="broker's")
    async with consuming(settings):
        letters = await eventually(lambda: broker.ready(DEAD_LETTERS), lambda count: count == 2)
    async with consuming(archiving_by(settings)):
        before = await archived(database, letters)
    for entry in before:
        properties = RawProperties(entry["properties"])
        await broker.send(entry["body"], properties, entry["routing_key"], entry["exchange"])
    # Delivered and given back: the next delivery is a second one.
    await broker.give_back(DEAD_LETTERS, 2)
    async with consuming(archiving_by(settings)):
        await _is_empty(broker)
    assert [each["failures"] for each in await archived(database, 2)] == [1, 1]
    assert len(await history(database)) == 2


CLAIM: Final = (
    "UPDATE dead_letters SET state = 'replaying', replay_token = $1, claimed_at = now(), claimed_by = 'me'"
)


@pytest.mark.usefixtures("archiving")
async def test_a_replay_that_fails_is_the_same_entry_that_failed_again(
    broker: Broker, database: Database
) -> None:
    await broker.publish(NOT_JSON, message_id="m")
    (entry,) = await archived(database, 1)
    token = token_bytes(32)
    await database.execute(CLAIM, token)

    await broker.publish(b"edited", message_id="m", headers={"x-replay-token": token.hex()})
    await eventually(
        lambda: database.value("SELECT state FROM dead_letters"), lambda state: state == "failed-again"
    )
    (again,) = await archived(database, 1)
    assert (again["failures"], again["replay_token"], again["claimed_by"]) == (2, None, None)
    assert (again["code"], again["body"]) == ("not-json", NOT_JSON)
    assert entry["code"] == "not-utf8"
    assert await history(database) == [
        ("archived", None, "parked"),
        ("failed-again", "replaying", "failed-again"),
    ]


@pytest.mark.usefixtures("archiving")
async def test_a_token_that_is_not_of_this_replay_settles_nothing(broker: Broker, database: Database) -> None:
    await broker.publish(NOT_JSON, message_id="m")
    await archived(database, 1)
    await database.execute(CLAIM, token_bytes(32))

    await broker.publish(NOT_JSON, message_id="m", headers={"x-replay-token": token_bytes(32).hex()})
    await eventually(lambda: database.value("SELECT failures FROM dead_letters"), lambda count: count == 2)
    (entry,) = await archived(database, 1)
    assert entry["state"] == "replaying"


@pytest.mark.usefixtures("archiving")
async def test_a_discarded_one_that_comes_again_is_parked_again(broker: Broker, database: Database) -> None:
    await broker.publish(NOT_JSON, message_id="m")
    await archived(database, 1)
    await database.execute("UPDATE dead_letters SET state = 'discarded'")

    await broker.publish(NOT_JSON, message_id="m")
    await eventually(
        lambda: database.value("SELECT state FROM dead_letters"), lambda state: state == "parked"
    )
    assert (await history(database))[-1] == ("archived", "discarded", "parked")


async def test_the_counts_of_groups_follow_every_change(database: Database) -> None:
    counted = "SELECT fingerprint, state, letters FROM dead_letter_counts WHERE letters <> 0"
    actual = "SELECT fingerprint, state, count(*) AS letters FROM dead_letters GROUP BY 1, 2"
    await database.execute(
        "INSERT INTO dead_letters (dead_letter_id, code, reason, fingerprint, pattern, set_aside_by,"
        " exchange, routing_key, source, properties, body, words, asked_at, first_failed_at, last_failed_at)"
        " SELECT n::text, 'c', '', 'f' || n % 3, '', 'worker', '', '', '', '', '', '', now(), now(), now()"
        " FROM generate_series(1, 30) AS n"
    )
    for change in (
        "UPDATE dead_letters SET state = 'discarded' WHERE dead_letter_id < '2'",
        "UPDATE dead_letters SET fingerprint = 'f9' WHERE dead_letter_id > '3'",
        "UPDATE dead_letters SET failures = 2",
        "DELETE FROM dead_letters WHERE state = 'discarded'",
    ):
        await database.execute(change)
        assert sorted(map(str, await database.rows(counted))) == sorted(map(str, await database.rows(actual)))


async def test_failures_are_dated_by_who_set_them_aside_not_by_the_archive(
    broker: Broker, database: Database, settings: Settings
) -> None:
    await broker.publish(NOT_JSON, message_id=guid())
    async with consuming(settings):
        await eventually(lambda: broker.ready(DEAD_LETTERS))
    between = datetime.now(UTC)
    async with consuming(archiving_by(settings)):
        (entry,) = await archived(database, 1)
    assert between - timedelta(minutes=1) < entry["first_failed_at"] < between


async def test_a_letter_that_postgresql_refuses_is_kept_as_bytes_and_its_neighbours_as_they_are(
    broker: Broker, database: Database, settings: Settings
) -> None:
    await database.execute("ALTER TABLE dead_letters ADD CHECK (message_id <> 'refused')")
    for name in ("a", "refused", "b"):
        await broker.publish(NOT_JSON, message_id=name)
    async with consuming(settings):
        await eventually(lambda: broker.ready(DEAD_LETTERS), lambda count: count == 3)
    async with consuming(archiving_by(settings)):
        first, second, bare = await archived(database, 3)
    assert [first["message_id"], second["message_id"], bare["message_id"]] == ["a", "b", None]
    assert (bare["code"], bare["body"]) == ("unexpected-error", NOT_JSON)
    assert values(sent(bare))["message_id"] == "refused"
    assert "could not be looked at" in bare["reason"]


async def test_what_cannot_be_stored_at_all_stays_with_the_broker(
    broker: Broker, database: Database, settings: Settings
) -> None:
    await database.execute("ALTER TABLE dead_letters ADD CHECK (body <> 'refused')")
    for body in (b"refused", b"kept"):
        await broker.publish(body, key="cart.chekout", message_id=body.decode())
    async with consuming(archiving_by(settings)):
        (entry,) = await archived(database, 1)
    assert entry["body"] == b"kept"
    await eventually(lambda: broker.ready(DEAD_LETTERS), lambda count: count == 1)
