"""`checkout submit` and `checkout results`: commands in, events out."""

import asyncio
import json
import re
from codecs import BOM_UTF8
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from uuid import UUID

import pytest

from tests.support.broker import CHECKOUT, Broker, Subscriber
from tests.support.carts import Request, a_line, a_request, guid, requests
from tests.support.command_line import CommandLine, Finished, finished
from tests.support.database import Database
from tests.support.eventually import eventually
from tests.support.management import ManagementApi
from worker.cli.exit import Exit
from worker.status import Status

FOREIGN = (
    b"not JSON",
    b'{"code": 1}',
    b'{"orderErrors": ["x"], "orders": 7}',
    b'{"lineItems": [1]}',
    b'{"x": NaN}',
    b'{"code": 1, "description": "\\u001b]0;owned"}',
    b"[]",
)


@asynccontextmanager
async def _following(
    command_line: CommandLine, management: ManagementApi, *arguments: str
) -> AsyncIterator["asyncio.Task[Finished]"]:
    """`checkout results`, from when it hears what is published."""
    before = await management.bindings("checkout.results")
    process = await command_line.start("results", *arguments)
    ending = asyncio.create_task(finished(process))
    try:
        await eventually(
            lambda: management.bindings("checkout.results"), lambda count: count > before or ending.done()
        )
        yield ending
    finally:
        ending.cancel()
        await asyncio.gather(ending, return_exceptions=True)


@pytest.mark.usefixtures("worker")
async def test_a_cart_is_submitted_from_a_file(
    command_line: CommandLine, events: Subscriber, database: Database
) -> None:
    request = a_request("a", "b")
    submitted = await command_line.run("submit", command_line.file("cart.json", request.body))
    assert submitted.code == 0
    (event,) = await events.until(1)
    assert event.routing_key == "checkout.completed.checkout-submit"
    message_id = event.properties.correlation_id or ""
    assert UUID(message_id).version == 7
    assert f"message id {message_id}" in submitted.out.splitlines()
    assert await database.count("orders") == 2


@pytest.mark.usefixtures("worker")
async def test_several_files_and_lines_of_standard_input_are_submitted(
    command_line: CommandLine, events: Subscriber, database: Database
) -> None:
    sent = requests(5, "a")
    files = [command_line.file(f"{number}.json", each.body) for number, each in enumerate(sent[:2])]
    lines = b"\n".join(each.body for each in sent[2:]) + b"\n\n"
    assert (await command_line.run("submit", *files, "-", stdin=lines)).code == 0
    await events.until(5)
    carts = await database.rows("SELECT cart_id FROM carts")
    assert {str(row["cart_id"]) for row in carts} == {each.cart_id for each in sent}


@pytest.fixture
async def refusing(broker: Broker) -> AsyncIterator[None]:
    """A second queue for commands that has no room: whoever publishes is told nothing of the first one."""
    await broker.refuse_events("tests.full", "nothing")
    await broker.bind("tests.full", "cart.commands", "cart.checkout")
    yield
    await broker.give_up("tests.full")


async def _submit_in_vain(command_line: CommandLine, bodies: Iterable[bytes]) -> dict[int, str]:
    """What is said of each that was not confirmed: its number and its message id."""
    submitted = await command_line.run("submit", "-", stdin=b"\n".join(bodies))
    assert (submitted.code, submitted.out) == (Exit.BROKER, "")
    *named, last = submitted.err.splitlines()
    assert "submit each listed command again" in last
    found = [re.fullmatch(r"command (\d+): not confirmed, --message-id (\S+)", line) for line in named]
    return {int(each[1]): each[2] for each in found if each}


@pytest.mark.usefixtures("refusing")
async def test_commands_that_are_not_confirmed_are_named_and_count_once_under_their_message_id(
    command_line: CommandLine, broker: Broker, events: Subscriber, database: Database, worker: Status
) -> None:
    async def settled() -> int:
        return worker.settled

    sent = requests(3, "a")
    named = await _submit_in_vain(command_line, (each.body for each in sent))
    assert list(named) == [1, 2, 3]
    # A flight of which all is refused is published once more on another channel.
    await eventually(settled, lambda count: count == 6)
    await broker.give_up("tests.full")
    file = command_line.file("cart.json", sent[1].body)
    assert (await command_line.run("submit", file, "--message-id", named[2])).code == 0
    await eventually(settled, lambda count: count == 7)
    answers = await events.until_ids(3)
    assert {each.properties.correlation_id for each in answers} == set(named.values())
    assert await database.count("orders") == 3


@pytest.mark.usefixtures("refusing")
async def test_what_was_not_sent_after_such_a_flight_is_told(command_line: CommandLine) -> None:
    submitted = await command_line.run("submit", "-", stdin=b"{}\n" * 501)
    *named, last = submitted.err.splitlines()
    assert (submitted.code, len(named)) == (Exit.BROKER, 500)
    assert "nothing from command 501 on was sent" in last


@pytest.mark.usefixtures("worker")
async def test_source_and_message_id_can_be_given(command_line: CommandLine, events: Subscriber) -> None:
    file = command_line.file("cart.json", a_request("a").body)
    arguments = ("submit", file, "--source", "shop-7", "--message-id", "order 66")
    assert (await command_line.run(*arguments)).code == 0
    (event,) = await events.until(1)
    assert event.routing_key == "checkout.completed.shop-7"
    assert event.properties.correlation_id == "order 66"


async def test_an_update_goes_to_the_queue_of_updates(command_line: CommandLine, broker: Broker) -> None:
    file = command_line.file("cart.json", a_request("a").body)
    assert (await command_line.run("submit", "--update", file)).code == 0
    assert (await broker.ready("cart.update"), await broker.ready("cart.checkout")) == (1, 0)


@pytest.mark.usefixtures("worker")
async def test_an_update_is_submitted_from_a_file(
    command_line: CommandLine, events: Subscriber, database: Database
) -> None:
    document = a_request("a").document
    anonymous = {"customerId": document["customerId"], "cart": {"lineItems": document["cart"]["lineItems"]}}
    file = command_line.file("cart.json", json.dumps(anonymous))
    submitted = await command_line.run("submit", "--update", file, "--source", "shop-7")
    assert submitted.code == 0
    assert "cart.update" in submitted.out
    (event,) = await events.until(1)
    assert event.routing_key == "cart.updated.shop-7"
    assert str(await database.value("SELECT cart_id FROM carts")) == json.loads(event.body)["cartId"]


async def test_of_a_command_that_is_too_large_nobody_is_told_to_submit_it_again(
    command_line: CommandLine,
) -> None:
    file = command_line.file("large.json", b'"' + b"x" * 17 * 2**20 + b'"')
    told = await command_line.run("submit", file)
    assert told.code == 3
    assert "message size" in told.err
    assert "leave out what is too large, and submit each other listed command again" in " ".join(
        told.err.split()
    )


async def _published(
    broker: Broker, command_line: CommandLine, *arguments: str, stdin: bytes = b""
) -> list[bytes]:
    """The bodies that a submission puts into the queue, in their order."""
    submitted = await command_line.run("submit", *arguments, stdin=stdin)
    assert submitted.code == 0, submitted.err
    return [each.body for each in await broker.take_all(CHECKOUT)]


async def test_a_file_has_one_document_or_an_object_a_line(command_line: CommandLine, broker: Broker) -> None:
    first, second = a_request("a").body, a_request("a").body
    pretty = json.dumps(a_request("a").document, indent=2).encode()
    in_lines = command_line.file("carts.ndjson", BOM_UTF8 + first + b"\r\n\n" + second + b"\n")
    assert await _published(broker, command_line, in_lines) == [BOM_UTF8 + first + b"\r", second]
    for number, whole in enumerate((pretty, first + b"\n", first + b"\n=======\n" + second, first + b"\n}")):
        file = command_line.file(f"{number}.json", whole)
        assert await _published(broker, command_line, file) == [whole]


async def test_standard_input_has_a_command_a_line_or_one_document(
    command_line: CommandLine, broker: Broker
) -> None:
    line = a_request("a").body
    pretty = BOM_UTF8 + json.dumps(a_request("a").document, indent=2).encode() + b"\n"
    # A line that cannot be read does not spoil the others.
    for stdin, bodies in (
        (pretty, [pretty]),
        (line + b"\n", [line]),
        (line + b"\n}\n", [line, b"}"]),
        (b"}\n" + line, [b"}", line]),
    ):
        assert await _published(broker, command_line, "-", stdin=stdin) == bodies


async def test_of_a_file_in_which_one_line_is_no_object_it_is_told(command_line: CommandLine) -> None:
    line = a_request("a").body
    file = command_line.file("carts.ndjson", line + b"\n" + line + b"\n}\n")
    told = (await command_line.run("submit", file, "--dry-run")).err
    assert "read by line if every line is a JSON object: one is not" in " ".join(told.split())
    assert (
        "by line" not in (await command_line.run("submit", command_line.file("x", "{\n}}"), "--dry-run")).err
    )


async def test_a_dry_run_of_a_strangers_file_steers_no_terminal(command_line: CommandLine) -> None:
    line = a_line("a", provisioningContext={"\x1b[2J\u202e\n": 1})
    told = await command_line.run(
        "submit", command_line.file("c.json", Request(lines=[line]).body), "--dry-run"
    )
    assert "[2J" in told.err
    assert all(each.isprintable() for each in told.err.splitlines())
    missing = await command_line.run("submit", "\x1b[2J.json")
    assert "[2J.json cannot be read" in missing.err
    assert "\x1b" not in missing.err


async def test_a_dry_run_of_updates_tells_which_could_not_be_read(
    command_line: CommandLine, broker: Broker
) -> None:
    """A cart without an id can be updated, not checked out; a reference can be checked out, not updated."""
    document = a_request("a").document
    cart = {"lineItems": document["cart"]["lineItems"]}
    update = json.dumps({"customerId": document["customerId"], "cart": cart})
    reference = json.dumps({"customerId": document["customerId"], "cartId": document["cart"]["id"]})
    lines = f"{update}\n{reference}\n".encode()

    as_updates = await command_line.run("submit", "--update", "--dry-run", "-", stdin=lines)
    as_checkouts = await command_line.run("submit", "--dry-run", "-", stdin=lines)

    for ended, bad in ((as_updates, "command 2"), (as_checkouts, "command 1")):
        assert (ended.code, ended.out) == (1, "1 of 2 commands can be read\n")
        assert ended.err.startswith(f"{bad}: contract-violation")
    assert (await broker.ready("cart.update"), await broker.ready("cart.checkout")) == (0, 0)


async def test_a_dry_run_goes_by_the_limits_that_are_set(command_line: CommandLine) -> None:
    file = command_line.file("cart.json", a_request("a", "b").body)
    limited = command_line.changed(max_line_items="1")
    assert (await limited.run("submit", "--dry-run", file)).code == 1
    assert (await command_line.run("submit", "--dry-run", file)).code == 0


async def test_commands_that_no_queue_takes_are_a_problem(command_line: CommandLine, vhost: str) -> None:
    fresh = command_line.changed(amqp_url=vhost)
    file = command_line.file("cart.json", a_request("a").body)
    assert (await fresh.run("submit", file)).code != 0


@pytest.mark.usefixtures("worker")
async def test_results_are_printed_as_one_json_document_a_line(
    command_line: CommandLine, broker: Broker, management: ManagementApi, events: Subscriber
) -> None:
    good, bad = a_request("a"), Request(lines=[a_line("b", quantity=301)])
    async with _following(command_line, management, "--json", "--count", "2", "--timeout", "30") as ending:
        await broker.submit(good, bad)
        ended = await ending
    assert ended.code == 0
    heard = {each.id: each for each in await events.until(2)}
    assert len(ended.documents) == 2
    for document in ended.documents:
        event = heard[document["messageId"]]
        assert document == {
            "routingKey": event.routing_key,
            "messageId": event.id,
            "correlationId": event.properties.correlation_id,
            "type": event.properties.message_type,
            "headers": event.headers,
            "body": json.loads(event.body),
        }


@pytest.mark.usefixtures("worker")
async def test_what_cannot_be_ordered_is_told_of_updates_as_of_checkouts(
    command_line: CommandLine, broker: Broker, management: ManagementApi
) -> None:
    lines = [a_line("a"), a_line("b", quantity=301)]
    async with _following(command_line, management, "--count", "2", "--timeout", "30") as ending:
        await broker.submit(Request(lines=lines), key="cart.update")
        await broker.submit(Request(lines=lines))
        ended = await ending
    told = sorted(re.findall(r"(\d \w+, .*) 'b' 800017 \(Line 1: ", ended.out))
    assert (ended.code, told) == (0, ["1 order, failed", "2 lines, cannot be ordered:"])


@pytest.mark.usefixtures("worker")
async def test_results_of_one_source_only(
    command_line: CommandLine, broker: Broker, management: ManagementApi
) -> None:
    arguments = ("--count", "1", "--timeout", "30", "--key", "checkout.*.shop-b")
    async with _following(command_line, management, *arguments) as ending:
        await broker.submit(a_request("a"), source="shop-a")
        await broker.submit(a_request("a"), source="shop-b")
        ended = await ending
    assert ended.code == 0
    assert "checkout.completed.shop-b" in ended.out
    assert "shop-a" not in ended.out


@pytest.mark.usefixtures("worker")
async def test_fewer_results_than_asked_for_are_a_problem(
    command_line: CommandLine, broker: Broker, management: ManagementApi
) -> None:
    async with _following(command_line, management, "--json", "--count", "2", "--timeout", "2") as ending:
        await broker.submit(a_request("a"))
        ended = await ending
    assert (ended.code, len(ended.documents)) == (1, 1)


async def test_without_a_count_the_end_of_the_time_is_no_problem(
    command_line: CommandLine, broker: Broker
) -> None:
    assert await broker.ready() == 0
    ended = await command_line.run("results", "--timeout", "0.2", "--json")
    assert (ended.code, ended.out) == (0, "")


async def test_a_bodiless_or_foreign_event_does_not_end_the_following(
    command_line: CommandLine, broker: Broker, management: ManagementApi, worker: Status
) -> None:
    """Anyone with the right to write to the exchange may publish anything there."""
    assert worker.is_ready
    count = str(len(FOREIGN) + 1)
    async with (
        _following(command_line, management, "--json", "--count", count, "--timeout", "20") as as_json,
        _following(command_line, management, "--count", count, "--timeout", "20") as plain,
    ):
        for body in FOREIGN:
            await broker.publish(body, exchange="checkout.results", key="checkout.completed.other")
        await broker.submit(a_request("a", message_id=guid()))
        ended, told = await as_json, await plain
    assert (ended.code, told.code) == (0, 0), ended.err + told.err
    assert any(each["type"] == "checkout.completed" for each in ended.documents)
    assert "1 order" in told.out
    assert "\x1b" not in told.out


async def test_nothing_on_standard_input_is_told_as_that(command_line: CommandLine) -> None:
    ended = await command_line.run("submit", "-", stdin=b"\n\n")
    assert (ended.code, ended.out, ended.err) == (2, "", "checkout: standard input contains no commands\n")


async def test_how_many_events_came_is_told_where_they_are_too_few(command_line: CommandLine) -> None:
    ended = await command_line.run("results", "--count", "1", "--timeout", "0.1")
    assert (ended.code, ended.err.splitlines()[-1]) == (1, "0 of 1 events arrived")
