"""`checkout dead-letters` where its input is wrong, hostile, or comes too late."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.support.archive import archived
from tests.support.broker import Broker
from tests.support.carts import Request, requests
from tests.support.command_line import CommandLine
from tests.support.database import Database
from tests.support.in_process import archiving_by, consuming
from tests.support.replays import actions, replayed, set_aside, states
from worker.settings import Settings

HOSTILE = "\x1b[2J\u009b31m\u202e[/bold]\n"
RESOLVE = (
    "UPDATE dead_letters SET state = 'resolved', outcome_message_id = 'm', outcome_customer_id = customer_id"
)


@pytest.fixture
async def letters(broker: Broker, database: Database, settings: Settings) -> list[Request]:
    made = requests(3, "a", "b")
    await set_aside(made, broker=broker, database=database, settings=settings)
    return made


async def _exported(command_line: CommandLine, **changes: Any) -> Path:
    """One of them as a file that somebody changed, alone in its directory."""
    await command_line.run("dead-letters", "export", "--to", "there", "--limit", "1")
    (file,) = command_line.files("there")
    document = json.loads(file.read_text("utf-8")) | changes
    file.write_text(json.dumps(document), "utf-8")
    return file


@pytest.mark.parametrize(
    "arguments",
    [
        ["list", "--limit", "99999999999999999999"],
        ["groups", "--limit", "99999999999999999999"],
        ["list", "--since", "0001-01-01T00:00:00+12:00"],
        ["list", "--until", "9999-12-31T23:59:59-12:00"],
        ["list", "--since", "999999d"],
        ["list", "--since", "99999999999999d"],
        ["prune", "--older-than", "999999999d", "--dry-run"],
        ["prune", "--older-than", "2999-01-01", "--dry-run"],
        ["replay", "--limit", "99999999999999999999", "--dry-run"],
        ["replay", "--rate", "inf", "--dry-run"],
        ["replay", "--rate", "nan", "--dry-run"],
        ["replay", "--canary", "0", "--dry-run"],
    ],
)
async def test_values_out_of_range_are_wrong_usage(command_line: CommandLine, arguments: list[str]) -> None:
    ended = await command_line.run("dead-letters", *arguments)
    assert (ended.code, ended.out) == (2, "")
    assert "Traceback" not in ended.err
    assert arguments[1] in ended.err


async def test_words_that_are_no_time_are_told_what_is(command_line: CommandLine) -> None:
    ended = await command_line.run("dead-letters", "list", "--since", "yesterday")
    assert (ended.code, ended.out) == (2, "")
    assert "2026-01-31T12:00" in ended.err


@pytest.mark.parametrize("why", [[], ["--why", " "]])
async def test_a_reason_that_is_not_given_is_asked_for(command_line: CommandLine, why: list[str]) -> None:
    ended = await command_line.run("dead-letters", "discard", "x", "--yes", *why)
    assert (ended.code, ended.out) == (2, "")
    assert ended.err == "checkout: --why TEXT is needed: the reason goes into the history\n"


@pytest.mark.parametrize(
    "action", [["replay"], ["discard", "--why", "a test"], ["restore"], ["export", "--to", "x"]]
)
async def test_a_choice_that_nothing_fits_says_so(command_line: CommandLine, action: list[str]) -> None:
    ended = await command_line.run("dead-letters", *action, "--group", "none")
    assert (ended.code, ended.out[:2]) == (0, "0 ")
    assert ended.err == "no dead letters match\n"


async def test_times_may_be_told_as_ages_and_with_a_zone(
    letters: list[Request], command_line: CommandLine, database: Database
) -> None:
    await database.execute(
        "UPDATE dead_letters SET first_failed_at = '2026-01-01', last_failed_at = '2026-01-31 12:00Z'"
    )
    found = {
        "2026-01-31T12:00": 3,
        "2026-01-31T12:00:01": 0,
        "2026-01-31T13:00+01:00": 3,
        "2026-01-31T12:00-00:01": 0,
        "1m": 0,
        "9999d": 3,
    }
    for since, count in found.items():
        listed = await command_line.run("dead-letters", "list", "--since", since, "--json")
        assert len(listed.document) == count, since
    assert len(letters) == 3


async def test_ids_steer_no_terminal(
    letters: list[Request], command_line: CommandLine, database: Database, settings: Settings
) -> None:
    await _exported(command_line, id=f"x{HOSTILE}", messageId="two", body="{}")
    async with consuming(archiving_by(settings)):
        again = await command_line.run("dead-letters", "replay", "--from", "there", "--yes")
    assert again.code == 1
    assert "failed again" in again.err
    await database.execute("UPDATE dead_letters SET message_id = 'two'")
    for arguments in (
        ["list"],
        ["groups"],
        ["show", "two"],
        ["show", f"x{HOSTILE}"],
        ["show", f"y{HOSTILE}"],
        ["replay", f"y{HOSTILE}"],
        ["replay", "two"],
        ["discard", f"x{HOSTILE}", "--why", "hostile"],
        ["replay", f"x{HOSTILE}"],
        ["edit", f"y{HOSTILE}", "--body", "/dev/null"],
    ):
        ended = await command_line.run("dead-letters", *arguments)
        assert all(line.isprintable() for line in (ended.out + ended.err).splitlines()), arguments
        assert "Traceback" not in ended.err
    assert len(letters) == 3


async def test_a_file_with_an_impossible_time_is_named(
    letters: list[Request], command_line: CommandLine, database: Database
) -> None:
    file = await _exported(command_line, id="other", askedAt="0001-01-01T00:00:00+14:00")
    ended = await replayed(command_line, "--from", "there", "--yes")
    assert ended.code == 2
    assert f"{file.name} is not an exported dead letter: askedAt" in ended.err
    assert await database.count("dead_letters") == len(letters)


async def test_a_changed_file_under_the_id_of_another_changes_nothing_of_that(
    letters: list[Request], command_line: CommandLine, database: Database
) -> None:
    before = await archived(database, 3)
    file = await _exported(command_line, body='{"other": true}')
    ended = await replayed(command_line, "--from", "there", "--yes", "--wait", "0")
    assert (ended.code, ended.document["sent"]) == (0, 1)
    after = {row["dead_letter_id"]: row for row in await archived(database, len(letters) + 1)}
    assert all(after[row["dead_letter_id"]] == row for row in before)
    assert file.stem in {row["dead_letter_id"] for row in before}


async def test_files_are_replayed_after_a_question_only(
    letters: list[Request], command_line: CommandLine, database: Database, broker: Broker
) -> None:
    await _exported(command_line)
    asked = await command_line.run("dead-letters", "replay", "--from", "there")
    assert (asked.code, await broker.ready()) == (2, 0)
    assert "Replay the dead letters of 1 file?" in asked.err
    assert set((await states(database)).values()) == {"parked"}
    assert len(letters) == 3


async def test_an_export_follows_no_link_and_says_where_it_cannot_write(
    letters: list[Request], command_line: CommandLine, tmp_path: Path, database: Database
) -> None:
    await command_line.run("dead-letters", "export", "--to", "there")
    victim = tmp_path / "victim"
    victim.write_text("as it was")
    for file in command_line.files("there"):
        file.unlink()
        file.with_suffix(".unfinished").symlink_to(victim)
    again = await command_line.run("dead-letters", "export", "--to", "there")
    assert (again.code, victim.read_text()) == (0, "as it was")
    assert {file.suffix for file in command_line.files("there")} == {".json"}

    noted = len(await actions(database, "exported"))
    nowhere = await command_line.run("dead-letters", "export", "--to", f"{victim}/below")
    assert nowhere.code == 2
    assert f"{victim}/below cannot be written" in nowhere.err
    assert len(await actions(database, "exported")) == noted == 2 * len(letters)


async def test_what_is_resolved_is_neither_replayed_nor_discarded_and_dry_runs_say_so(
    letters: list[Request], command_line: CommandLine, database: Database, broker: Broker
) -> None:
    await database.execute(RESOLVE)
    name = letters[0].message_id
    for arguments in (["replay", name], ["discard", name, "--why", "x"], ["restore", name]):
        for more in ([], ["--dry-run"]):
            ended = await command_line.run("dead-letters", *arguments, *more, "--json")
            assert ended.code == 1, arguments
            assert "it is resolved" in ended.document["problems"][0]["problem"]
            assert ended.document.get("chosen", []) == []
    assert (await replayed(command_line, "--yes")).document["sent"] == 0
    assert await broker.ready() == 0


@pytest.mark.usefixtures("letters")
async def test_many_of_one_problem_are_counted(command_line: CommandLine) -> None:
    names = [f"nobody-{number}" for number in range(50)]
    ended = await command_line.run("dead-letters", "replay", *names)
    assert ended.code == 1
    assert ended.err.count("nobody-") == 20
    assert "30 more: there is no such dead letter" in ended.err
