"""`checkout dead-letters` as operators act with it: replay, edit, discard, restore, export."""

import json
from pathlib import Path
from time import monotonic
from typing import Any

import pytest

from tests.support.archive import archived, history
from tests.support.broker import CHECKOUT, SOURCE, Broker
from tests.support.carts import Request, a_line, guid, requests
from tests.support.command_line import CommandLine, Finished
from tests.support.database import Database
from tests.support.in_process import archiving_by, consuming
from tests.support.replays import actions, replayed, set_aside, states
from worker.settings import Settings

NOT_UTF8 = b'{"customerId": "\xff\x00"}'


@pytest.fixture
async def letters(broker: Broker, database: Database, settings: Settings) -> list[Request]:
    """Six that lie dead, all of one cause."""
    made = requests(6, "a", "b")
    await set_aside(made, broker=broker, database=database, settings=settings)
    return made


async def _run(command_line: CommandLine, *arguments: str) -> Finished:
    return await command_line.run("dead-letters", *arguments, "--json")


async def test_a_dry_run_sends_nothing(
    letters: list[Request], command_line: CommandLine, broker: Broker, database: Database
) -> None:
    dry = await _run(command_line, "replay", "--dry-run", "--limit", "4")
    assert (dry.code, len(dry.document["chosen"])) == (0, 4)
    shown = await command_line.run("dead-letters", "replay", "--dry-run")
    assert shown.out == "6 dead letters would be replayed: 6 to cart.checkout\n"
    one = await command_line.run("dead-letters", "replay", "--dry-run", "--limit", "1")
    assert one.out == "1 dead letter would be replayed: 1 to cart.checkout\n"
    for verb in (["discard", "--why", "x"], ["export", "--to", "there"]):
        assert (await _run(command_line, *verb, "--dry-run")).code == 0
    assert command_line.files("there") == []
    assert set((await states(database)).values()) == {"parked"}
    assert (await broker.ready(), len(letters)) == (0, 6)


async def test_all_that_a_filter_finds_is_replayed_after_a_question_only(
    letters: list[Request], command_line: CommandLine, broker: Broker
) -> None:
    asked = await command_line.run("dead-letters", "replay")
    assert asked.code == 2
    assert "Replay 6 dead letters?" in asked.err
    assert await broker.ready() == 0
    one = await replayed(command_line, "--customer", letters[0].customer_id, "--yes", "--wait", "0")
    assert (one.document["sent"], await broker.ready()) == (1, 1)


async def test_names_that_mean_nothing_are_problems_and_the_others_are_replayed(
    letters: list[Request], command_line: CommandLine, broker: Broker, database: Database
) -> None:
    short = str(await database.value("SELECT min(dead_letter_id) FROM dead_letters"))[:16]
    ended = await replayed(command_line, "nobody", short, "--wait", "0")
    assert (ended.code, ended.document["sent"]) == (1, 1)
    assert [each["name"] for each in ended.document["problems"]] == ["nobody"]
    assert (await broker.ready(), len(letters)) == (1, 6)


async def test_named_ones_that_others_are_replaying_are_left_to_them_and_told_by_the_exit_code(
    letters: list[Request], command_line: CommandLine, broker: Broker
) -> None:
    first, second = (each.message_id for each in letters[:2])
    assert (await replayed(command_line, first, "--wait", "0")).code == 0
    for more in ([], ["--dry-run"]):
        assert (await replayed(command_line, first, *more)).code == 1
    both = await replayed(command_line, first, second, "--wait", "0")
    assert (both.code, both.document["sent"], await broker.ready()) == (0, 1, 2)


@pytest.mark.usefixtures("letters")
@pytest.mark.parametrize(
    "arguments",
    [
        ["replay", "x", "--code", "not-json"],
        ["replay", "--state", "resolved", "--yes"],
        ["replay", "x", "--as", "cart.nothing"],
        ["replay", "--rate", "0", "--yes"],
        ["replay", "--from", "nowhere"],
        ["discard", "x"],
        ["discard", "x", "--why", " "],
        ["discard", "--why", "an id that is empty", "--yes"],
        ["restore", "--yes"],
        ["edit", "x", "--as", "else"],
        ["restore"],
    ],
)
async def test_wrong_usage(command_line: CommandLine, database: Database, arguments: list[str]) -> None:
    if arguments[0] == "restore":
        await database.execute("UPDATE dead_letters SET state = 'discarded'")
    before = await states(database)
    assert (await command_line.run("dead-letters", *arguments)).code == 2
    assert await states(database) == before


async def test_services_that_are_away_have_their_exit_codes(
    letters: list[Request], command_line: CommandLine, database: Database
) -> None:
    no_broker = command_line.changed(amqp_url="amqp://guest:guest@127.0.0.1:1/")
    assert (await replayed(no_broker, "--yes")).code == 3
    assert (await states(database))[letters[0].message_id] == "parked"
    no_database = command_line.changed(database_url="postgresql://x:x@127.0.0.1:1/x")
    for arguments in (["replay", "x"], ["edit", "x"], ["restore", "x"], ["export", "x", "--to", "y"]):
        assert (await no_database.run("dead-letters", *arguments)).code == 4


@pytest.mark.usefixtures("letters")
async def test_canaries_that_fail_save_the_others(
    command_line: CommandLine, database: Database, settings: Settings
) -> None:
    async with consuming(archiving_by(settings).model_copy(update={"max_line_items": 1})):
        stopped = await replayed(command_line, "--yes", "--canary", "2")
    assert (stopped.code, stopped.document["stopped"], stopped.document["sent"]) == (1, True, 2)
    assert sorted((await states(database)).values()) == ["failed-again"] * 2 + ["parked"] * 4
    async with consuming(archiving_by(settings)):
        cured = await replayed(command_line, "--yes", "--canary", "2")
    assert (cured.code, cured.document["stopped"], len(cured.document["resolved"])) == (0, False, 6)


@pytest.mark.usefixtures("letters")
async def test_canaries_without_an_outcome_save_the_others(
    command_line: CommandLine, broker: Broker, database: Database
) -> None:
    stopped = await replayed(command_line, "--yes", "--canary", "2", "--wait", "0.5")
    assert (stopped.code, stopped.document["stopped"], await broker.ready()) == (1, True, 2)
    assert sorted((await states(database)).values()) == ["parked"] * 4 + ["replaying"] * 2


@pytest.mark.usefixtures("letters")
async def test_a_rate_is_kept(command_line: CommandLine, database: Database) -> None:
    began = monotonic()
    assert (await replayed(command_line, "--yes", "--rate", "4", "--wait", "0")).document["sent"] == 6
    assert monotonic() - began > 5 / 4
    times = [row["acted_at"] for row in await actions(database, "replayed")]
    assert (times[-1] - times[0]).total_seconds() > 1


async def test_an_edited_copy_is_ordered_and_the_original_kept(
    broker: Broker, database: Database, settings: Settings, command_line: CommandLine
) -> None:
    wrong = Request(lines=[a_line("a", quantity=0)])
    right = Request(lines=[a_line("a")], customer_id=wrong.customer_id, cart_id=wrong.cart_id)
    await broker.publish(wrong.body, message_id=wrong.message_id, app_id=SOURCE)
    async with consuming(archiving_by(settings)):
        (before,) = await archived(database, 1)
        still_wrong = await _run(
            command_line, "edit", wrong.message_id, "--body", _file(command_line, wrong.body)
        )
        worse = await _run(
            command_line, "edit", wrong.message_id, "--body", _file(command_line, b'{"cart": 1}')
        )
        assert (still_wrong.code, worse.code) == (1, 1)
        (problem,) = worse.document["problems"]
        assert "contract-violation" in problem["problem"]
        assert "customerId" in {each["path"] for each in problem["violations"]}
        assert await database.count("dead_letters") == 1
        file = _file(command_line, right.body)
        done = await _run(command_line, "edit", wrong.message_id, "--body", file, "--by", "ann", "--why", "0")

    assert (done.code, done.document["state"]) == (0, "resolved")
    copy, original = await _both(database)
    assert original == before
    assert (copy["copy_of"], copy["body"], copy["state"]) == (
        original["dead_letter_id"],
        right.body,
        "resolved",
    )
    assert copy["message_id"] == copy["outcome_message_id"] == done.document["messageId"] != wrong.message_id
    assert await database.value("SELECT correlation_id FROM checkouts") == wrong.message_id
    edited, _ = await actions(database, "edited")
    assert (edited["dead_letter_id"], edited["actor"]) == (original["dead_letter_id"], "ann")
    assert json.loads(edited["details"]) == {"copy": copy["dead_letter_id"]}


async def test_the_operators_editor_makes_the_copy(
    broker: Broker, database: Database, settings: Settings, command_line: CommandLine
) -> None:
    wrong = Request(lines=[a_line("a", quantity=0)])
    await broker.publish(wrong.body, message_id=wrong.message_id, app_id=SOURCE)
    command_line.environment["EDITOR"] = 'sed -i \'s/"quantity": 0/"quantity": 3/\''
    async with consuming(archiving_by(settings)):
        await archived(database, 1)
        done = await _run(command_line, "edit", wrong.message_id, "--yes")
    assert done.code == 0, done.err
    assert await database.value("SELECT quantity FROM order_line_items") == 3
    command_line.environment["EDITOR"] = "true"
    assert (await _run(command_line, "edit", wrong.message_id, "--yes")).code == 1
    command_line.environment |= {"EDITOR": "/nowhere/vi", "TMPDIR": str(command_line.directory)}
    assert (await _run(command_line, "edit", wrong.message_id, "--yes")).code == 2
    assert not list(command_line.directory.glob("checkout-*"))
    del command_line.environment["EDITOR"]
    assert (await _run(command_line, "edit", wrong.message_id, "--yes")).code == 2
    assert await database.count("dead_letters") == 2
    # Where no editor started, nobody saw anything.
    assert len(await actions(database, "unmasked")) == 2


async def test_discarded_ones_are_not_replayed_until_they_are_restored(
    letters: list[Request], command_line: CommandLine, database: Database, broker: Broker
) -> None:
    first = letters[0].message_id
    done = await _run(command_line, "discard", first, "--why", "a test cart", "--by", "ann")
    assert (done.code, len(done.document["discarded"])) == (0, 1)
    (row,) = await actions(database, "discarded")
    assert (row["actor"], row["why"], row["state_before"], row["state_after"]) == (
        "ann",
        "a test cart",
        "parked",
        "discarded",
    )
    assert (await replayed(command_line, first, "--wait", "0")).code == 1
    assert (await replayed(command_line, "--yes", "--wait", "0")).document["sent"] == 5
    assert (await states(database))[first] == "discarded"
    while_replayed = await _run(command_line, "discard", letters[1].message_id, "--why", "x")
    assert (while_replayed.code, len(while_replayed.document["problems"])) == (1, 1)

    assert (await _run(command_line, "restore", first)).code == 0
    assert (await states(database))[first] == "parked"
    assert (await _run(command_line, "restore", first)).code == 1
    assert (await replayed(command_line, first, "--wait", "0")).document["sent"] == 1
    assert await broker.ready() == 6


async def test_what_is_exported_comes_back_byte_for_byte(
    letters: list[Request], broker: Broker, database: Database, settings: Settings, command_line: CommandLine
) -> None:
    await broker.publish(NOT_UTF8, message_id="bytes", app_id=SOURCE, headers={"tenant": "t", "ce-id": "7"})
    async with consuming(archiving_by(settings)):
        before = await archived(database, 7)
    done = await _run(command_line, "export", "--to", "letters")
    assert (done.code, done.document["written"]) == (0, 7)
    files = command_line.files("letters")
    assert {file.name for file in files} == {f"{each['dead_letter_id']}.json" for each in before}
    assert {file.stat().st_mode & 0o777 for file in files} == {0o600}
    assert len(await actions(database, "exported")) == 7

    await database.execute("DELETE FROM dead_letters")
    spied = await broker.subscribe(CHECKOUT, "cart.commands")
    back = await replayed(command_line, "--from", "letters", "--yes", "--wait", "0")
    assert (back.code, back.document["sent"]) == (0, 7)
    assert {each.id: each.body for each in await spied.until(7)} == {
        each.message_id: each.body for each in letters
    } | {"bytes": NOT_UTF8}
    after = await archived(database, 7)
    assert [_kept(each) for each in after] == [_kept(each) for each in before]

    again = await replayed(command_line, "--from", "letters", "--yes", "--wait", "0")
    assert (again.code, again.document["sent"]) == (0, 0)


async def test_a_file_that_is_no_dead_letter_is_named(command_line: CommandLine, tmp_path: Path) -> None:
    directory = tmp_path / "letters"
    directory.mkdir()
    (directory / "a.json").write_text('{"format": "something else"}')
    ended = await replayed(command_line, "--from", str(directory), "--yes")
    assert ended.code == 2
    assert "a.json is not an exported dead letter: format" in ended.err


async def test_replays_leave_their_history_when_they_are_shown(
    letters: list[Request], command_line: CommandLine, database: Database, settings: Settings
) -> None:
    async with consuming(archiving_by(settings)):
        await replayed(command_line, letters[0].message_id, "--by", "ann", "--why", "ticket 7")
    shown = (await _run(command_line, "show", letters[0].message_id)).document
    assert shown["outcomeMessageId"] == letters[0].message_id
    told = [(each["action"], each["actor"], each["why"]) for each in shown["history"]]
    assert told[1] == ("replayed", "ann", "ticket 7")
    assert len(await history(database)) == 6 + 2


def _file(command_line: CommandLine, body: bytes) -> str:
    return command_line.file(f"{guid()}.json", body)


async def _both(database: Database) -> list[dict[str, Any]]:
    return await database.rows("SELECT * FROM dead_letters ORDER BY copy_of NULLS LAST")


def _kept(entry: dict[str, Any]) -> dict[str, Any]:
    """What does not depend on when it was archived and replayed."""
    told = {"state", "state_since", "replay_token", "claimed_at", "claimed_by"}
    return {name: value for name, value in entry.items() if name not in told}
