"""Messages that lead to no decision: set aside with a reason, and whoever asked is told."""

import json
from collections.abc import Callable

import pytest

from tests.support.broker import DEAD_LETTERS, SOURCE, Broker, Subscriber
from tests.support.carts import Request, a_line, a_request, guid
from tests.support.database import Database
from tests.support.in_process import consuming
from tests.support.management import ManagementApi
from worker.settings import Settings
from worker.status import Status

Spoil = Callable[[Request], bytes]


def _without(member: str) -> Spoil:
    return lambda request: json.dumps({k: v for k, v in request.document.items() if k != member}).encode()


def _with_line(**more: object) -> Spoil:
    def spoiled(request: Request) -> bytes:
        document = request.document
        document["cart"]["lineItems"] = [a_line("a") | more]
        return json.dumps(document).encode()

    return spoiled


SPOILT: dict[str, tuple[str, Spoil]] = {
    "latin-1": ("not-utf8", lambda request: '{"name": "é"}'.encode("latin-1") + request.body),
    "cut-off": ("not-json", lambda request: request.body[:-1]),
    "empty": ("not-json", lambda _: b""),
    "nan": ("contract-violation", lambda request: request.body.replace(b'"quantity": 2', b'"quantity": NaN')),
    "no-object": ("contract-violation", lambda _: b"[]"),
    "no-customer": ("contract-violation", _without("customerId")),
    "no-cart": ("contract-violation", _without("cart")),
    "no-quantity": ("contract-violation", _with_line(quantity=0)),
    "quantity-too-large": ("contract-violation", _with_line(quantity=2**31)),
    "quantity-in-words": ("contract-violation", _with_line(quantity="two")),
    "nul-character": ("contract-violation", _with_line(friendlyName="a\x00b")),
    "add-ons-too-deep": (
        "contract-violation",
        _with_line(addonItems=[a_line(addonItems=[a_line()])]),
    ),
    "keys-of-different-case": (
        "contract-violation",
        lambda request: request.body.replace(b'"quantity": 2', b'"quantity": 2, "Quantity": 3'),
    ),
    "two-hundred-and-one-lines": (
        "contract-violation",
        lambda request: json.dumps(
            request.document | {"cart": {"id": guid(), "lineItems": [a_line()] * 201}}
        ).encode(),
    ),
    "too-large": ("too-large", lambda request: request.body + b" " * 20_000_00),
}


@pytest.mark.usefixtures("worker")
@pytest.mark.parametrize(("code", "spoil"), SPOILT.values(), ids=SPOILT.keys())
async def test_a_malformed_message_becomes_a_dead_letter_and_its_producer_is_told(
    broker: Broker, events: Subscriber, database: Database, code: str, spoil: Spoil
) -> None:
    request = a_request("a")
    body = spoil(request)
    await broker.publish(body, message_id=request.message_id, app_id=SOURCE, correlation_id="ticket 1")

    (letter,) = await broker.dead_letters(1)
    assert letter.body == body
    assert letter.headers["x-dead-letter-code"] == code
    (event,) = await events.until(1)
    assert event.routing_key == f"checkout.rejected.{SOURCE}"
    assert event.properties.correlation_id == "ticket 1"
    told = json.loads(event.body)
    assert (told["code"], told["deadLettered"]) == (code, True)
    assert told["description"] == letter.headers["x-dead-letter-reason"]
    assert bool(told["violations"]) == (code == "contract-violation")
    assert set((await database.counts()).values()) == {0}


@pytest.mark.usefixtures("worker")
@pytest.mark.parametrize("time", ["0001-01-01T00:00:00Z", "1969-12-31T23:59:59Z", "9999-12-31T23:59:59Z"])
async def test_a_malformed_message_of_any_time_is_set_aside_and_told(
    broker: Broker, events: Subscriber, time: str
) -> None:
    await broker.publish(b"{", message_id="m", app_id=SOURCE, headers={"ce-time": time})

    (letter,) = await broker.dead_letters(1)
    await events.until(1)
    assert letter.headers["x-dead-letter-code"] == "not-json"
    assert events.messages[0].properties.message_type == "checkout.rejected"


@pytest.mark.usefixtures("worker")
async def test_the_worker_goes_on_after_every_kind_of_malformed_message(
    broker: Broker, events: Subscriber, database: Database
) -> None:
    for _, spoil in SPOILT.values():
        await broker.publish(spoil(a_request("a")), message_id=guid(), app_id=SOURCE)
    good = a_request("a")
    await broker.submit(good)
    await events.until(len(SPOILT) + 1)
    await broker.dead_letters(len(SPOILT))
    assert await database.value("SELECT message_id FROM checkouts") == good.message_id


async def test_fifty_malformed_messages_do_not_harm_fifty_good_ones_among_them(
    broker: Broker, events: Subscriber, database: Database, settings: Settings
) -> None:
    good = [a_request("a") for _ in range(50)]
    spoilers = list(SPOILT.values())[:-1]
    for number, request in enumerate(good):
        _, spoil = spoilers[number % len(spoilers)]
        await broker.publish(spoil(a_request("a")), message_id=f"bad {number}", app_id=SOURCE)
        await broker.submit(request)
    async with consuming(settings):
        await events.until(100)

    letters = await broker.dead_letters(50)
    assert {each.id for each in letters} == {f"bad {number}" for number in range(50)}
    stored = await database.rows("SELECT message_id, event_type FROM checkouts")
    assert {row["message_id"] for row in stored} == {each.message_id for each in good}
    assert {row["event_type"] for row in stored} == {"checkout.completed"}
    assert await broker.ready() == 0
    types = [each.properties.message_type for each in events.messages]
    assert (types.count("checkout.completed"), types.count("checkout.rejected")) == (50, 50)


@pytest.mark.usefixtures("worker")
async def test_a_message_id_that_comes_again_with_other_content_is_refused(
    broker: Broker, events: Subscriber, database: Database
) -> None:
    first = a_request("a")
    other = Request(
        lines=[a_line("b")],
        customer_id=first.customer_id,
        cart_id=first.cart_id,
        message_id=first.message_id,
    )
    await broker.submit(first)
    await events.until(1)
    await broker.submit(other)

    (letter,) = await broker.dead_letters(1)
    assert (letter.body, letter.headers["x-dead-letter-code"]) == (other.body, "message-id-reused")
    _, event = await events.until(2)
    told = json.loads(event.body)
    assert (told["code"], told["customerId"], told["cartId"]) == (
        "message-id-reused",
        first.customer_id,
        first.cart_id,
    )
    assert [row["order_group"] for row in await database.rows("SELECT order_group FROM orders")] == ["a"]


async def test_what_postgresql_refuses_is_set_aside_and_its_neighbours_are_ordered(
    broker: Broker, events: Subscriber, database: Database, settings: Settings
) -> None:
    """A cart at the largest version there is: it cannot be counted up."""
    refused, *good = [Request(lines=[a_line("a"), a_line("b", quantity=301)]) for _ in range(20)]
    again = Request(lines=refused.lines, customer_id=refused.customer_id, cart_id=refused.cart_id)
    async with consuming(settings):
        await broker.submit(refused)
        await events.until(1)
    await database.execute("UPDATE carts SET version = 2147483647")
    await broker.submit(*good[:10], again, *good[10:])
    async with consuming(settings):
        await events.until(21)

    (letter,) = await broker.dead_letters(1)
    assert (letter.id, letter.headers["x-dead-letter-code"]) == (again.message_id, "unexpected-error")
    stored = await database.rows("SELECT message_id FROM checkouts")
    assert {row["message_id"] for row in stored} == {each.message_id for each in (refused, *good)}
    assert await broker.ready() == 0


async def test_what_a_constraint_refuses_names_it_and_whose_log_tells_more(
    broker: Broker, events: Subscriber, database: Database, worker: Status
) -> None:
    await database.execute("ALTER TABLE orders ADD CONSTRAINT broken CHECK (order_group <> 'refused')")
    await broker.submit(a_request("refused"))
    await events.until(1)

    (letter,) = await broker.dead_letters(1)
    reason = "PostgreSQL refuses it: SQLSTATE 23514 CheckViolationError broken (1 try)"
    told = letter.headers["x-dead-letter-reason"]
    assert told == f"{reason}; the log of worker {worker.worker_id} tells more"
    assert json.loads(events.messages[0].body)["description"] == reason


async def test_a_mistyped_routing_key_makes_a_dead_letter(broker: Broker) -> None:
    request = a_request("a")
    await broker.publish(request.body, key="cart.chekout", message_id=request.message_id)
    (letter,) = await broker.dead_letters(1)
    assert (letter.routing_key, letter.id, letter.body) == ("cart.chekout", request.message_id, request.body)


@pytest.mark.usefixtures("worker")
async def test_nobody_is_told_of_a_message_that_names_nobody(
    broker: Broker, events: Subscriber, management: ManagementApi
) -> None:
    await management.publish_bare(b"{")
    (letter,) = await broker.dead_letters(1)
    assert (letter.body, letter.headers["x-dead-letter-code"]) == (b"{", "not-json")
    good = a_request("a")
    await broker.submit(good)
    await events.until(1)
    assert [each.properties.message_type for each in events.messages] == ["checkout.completed"]


@pytest.mark.usefixtures("worker")
async def test_an_anonymous_checkout_is_ordered_once_however_often_it_comes(
    broker: Broker, events: Subscriber, database: Database, management: ManagementApi
) -> None:
    request = a_request("a")
    for _ in range(2):
        await management.publish_bare(request.body)
    await events.until(1)
    await broker.submit(a_request("a"))
    await events.until_ids(2)
    assert await database.count("checkouts") == 2
    assert await broker.ready(DEAD_LETTERS) == 0
