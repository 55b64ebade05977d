"""How an operator ends dead letters that no replay as they are would end."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from tests.support.archive import archived
from tests.support.broker import CHECKOUT, SOURCE, Broker
from tests.support.carts import Request, a_line, a_request
from tests.support.command_line import CommandLine, at_terminal, finished, until_told
from tests.support.database import Database
from tests.support.in_process import archiving_by, consuming
from tests.support.logins import login
from tests.support.raw_properties import RawProperties, raw_properties, seconds
from tests.support.replays import actions, replayed, states
from worker.checkout import decide as deciding
from worker.postgres.rights import Role
from worker.settings import Settings


@asynccontextmanager
async def _reused(
    broker: Broker, database: Database, settings: Settings
) -> AsyncIterator[tuple[Request, Request]]:
    """An ordered cart, and another one under its message id, among the dead letters; a worker goes on."""
    first = a_request("a")
    second = Request(lines=[a_line("b")], customer_id=first.customer_id, message_id=first.message_id)
    await broker.submit(first)
    async with consuming(archiving_by(settings)):
        await broker.submit(second)
        await archived(database, 1)
        yield first, second


async def test_a_message_id_that_was_reused_is_cured_by_a_copy_of_the_same_body(
    broker: Broker, database: Database, settings: Settings, command_line: CommandLine
) -> None:
    async with _reused(broker, database, settings) as (first, second):
        again = await replayed(command_line, first.message_id)
        assert (again.code, len(again.document["failedAgain"])) == (1, 1)
        body = command_line.file("body.json", second.body)
        name = again.document["failedAgain"][0]
        done = await command_line.run("dead-letters", "edit", name, "--body", body, "--json")
    assert (done.code, done.document["state"]) == (0, "resolved")
    assert await database.count("orders") == 2
    ended = await command_line.run("dead-letters", "discard", name, "--why", "sent under another id")
    assert ended.code == 0
    assert set((await states(database)).values()) == {"resolved", "discarded"}


async def test_whose_message_id_was_reused_is_told_to_an_operator(
    broker: Broker, database: Database, settings: Settings, command_line: CommandLine
) -> None:
    async with _reused(broker, database, settings) as (first, _):
        pass
    show = ("dead-letters", "show", first.message_id)
    async with login(database, Role.OPERATOR) as url:
        shown = await command_line.changed(database_url=url).run(*show)
    assert f" UTC by cart {first.cart_id} (checkout.completed.{SOURCE})" in shown.out
    used = (await command_line.run(*show, "--json")).document["usedFirst"]
    assert (used["cartId"], used["event"]) == (first.cart_id, f"checkout.completed.{SOURCE}")
    await database.execute("DELETE FROM outcomes")
    assert "usedFirst" not in (await command_line.run(*show, "--json")).document


async def test_properties_that_cannot_be_decoded_are_left_behind_by_a_replay(
    broker: Broker, database: Database, settings: Settings, command_line: CommandLine
) -> None:
    request = a_request("a", "b")
    await broker.send(request.body, RawProperties(raw_properties(timestamp=seconds(2**63))), CHECKOUT)
    async with consuming(archiving_by(settings)):
        (entry,) = await archived(database, 1)
        assert entry["code"] == "undecodable-frame"
        ended = await replayed(command_line, entry["dead_letter_id"])
        again = await replayed(command_line, entry["dead_letter_id"])
    assert (ended.code, len(ended.document["resolved"])) == (0, 1)
    assert (again.code, again.document["sent"]) == (1, 0)
    assert await database.count("orders") == 2


async def test_a_body_that_is_no_json_is_cured_by_an_edited_copy(
    broker: Broker, database: Database, settings: Settings, command_line: CommandLine
) -> None:
    request = a_request("a")
    await broker.publish(request.body[:-1], message_id=request.message_id, app_id=SOURCE)
    command_line.environment["EDITOR"] = "sed -i '$s/$/}/'"
    async with consuming(archiving_by(settings)):
        await archived(database, 1)
        done = await command_line.run("dead-letters", "edit", request.message_id, "--yes", "--json")
    assert (done.code, done.document["state"]) == (0, "resolved")
    assert await database.count("orders") == 1


async def test_a_command_whose_answer_was_too_large_is_parked_until_a_replay_is_answered(
    broker: Broker,
    database: Database,
    settings: Settings,
    command_line: CommandLine,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    request = a_request("a")
    monkeypatch.setattr(deciding, "MAX_EVENT_BYTES", 1)
    await broker.submit(request)
    async with consuming(archiving_by(settings)):
        (entry,) = await archived(database, 1)
        again = await replayed(command_line, request.message_id)
        assert await actions(database, "resolved") == []
        monkeypatch.undo()
        done = await replayed(command_line, request.message_id)
    assert entry["code"] == "too-large"
    assert (again.code, len(again.document["failedAgain"])) == (1, 1)
    assert (done.code, len(done.document["resolved"])) == (0, 1)
    assert await database.count("orders") == 1


async def test_what_was_edited_and_not_sent_is_there_to_go_on_with(
    broker: Broker, database: Database, settings: Settings, command_line: CommandLine
) -> None:
    wrong = Request(lines=[a_line("a", quantity=0)])
    await broker.publish(wrong.body, message_id=wrong.message_id, app_id=SOURCE)
    async with consuming(archiving_by(settings)):
        await archived(database, 1)
    editor = 'sed -i \'s/"quantity": 0/"quantity": 3/\''
    command_line.environment |= {"EDITOR": editor, "TMPDIR": str(command_line.directory)}
    edit = ("dead-letters", "edit", wrong.message_id)
    away = command_line.changed(amqp_url="amqp://guest:guest@127.0.0.1:1/")
    endings = [await command_line.run(*edit, "--dry-run"), await away.run(*edit, "--yes")]
    async with at_terminal(command_line, *edit) as (process, keyboard):
        await until_told(process, "[y/N] ")
        await keyboard.type("n")
        endings.append(await finished(process))
    assert [each.code for each in endings] == [0, 3, 2]
    files = {
        each.err.partition("to continue with it, pass --body ")[2].partition("\n")[0] for each in endings
    }
    assert files == set(map(str, command_line.directory.glob("checkout-*")))
    assert len(files) == len(endings)
    contents = [file.read_bytes() for file in command_line.directory.glob("checkout-*")]
    assert all(b'"quantity": 3' in content for content in contents)
    sent = await command_line.run(*edit, "--yes", "--wait", "0")
    assert (sent.code, "go on" in sent.err) == (0, False)
    assert len(list(command_line.directory.glob("checkout-*"))) == len(files)


async def test_those_without_a_route_are_counted_and_the_question_says_that_they_are_left_out(
    broker: Broker, database: Database, settings: Settings, command_line: CommandLine
) -> None:
    for key in ("cart.chekout", "cart.chekout", "cart.updte"):
        request = a_request("a")
        await broker.publish(request.body, key=key, message_id=request.message_id, app_id=SOURCE)
    await broker.publish(b"{", message_id="no-json", app_id=SOURCE)
    async with consuming(archiving_by(settings)):
        await archived(database, 4)
    dry = await command_line.run("dead-letters", "replay", "--dry-run")
    assert (dry.code, dry.out) == (1, "1 dead letter would be replayed: 1 to cart.checkout\n")
    assert dry.err.startswith("3 dead letters: cannot tell which command this was: pass --as cart.checkout")
    assert dry.err.count("--as cart.checkout") == 1
    asked = await command_line.run("dead-letters", "replay")
    assert (asked.code, "Replay 1 dead letter and skip 3?" in asked.err) == (2, True)
