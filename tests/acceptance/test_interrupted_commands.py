"""Ctrl-C while a command waits: it ends at once, and says what was done."""

import re
import signal

import pytest

from tests.support.archive import archived
from tests.support.broker import Broker
from tests.support.carts import a_request, requests
from tests.support.command_line import CommandLine, at_terminal, finished, until_told
from tests.support.database import Database
from tests.support.eventually import eventually
from tests.support.replays import actions, set_aside, states
from worker.settings import Settings

_ENDED = 130


@pytest.fixture
async def letters(broker: Broker, database: Database, settings: Settings) -> None:
    await set_aside(requests(2, "a", "b"), broker=broker, database=database, settings=settings)


@pytest.mark.usefixtures("letters")
@pytest.mark.parametrize(
    ("state", "arguments"),
    [
        ("parked", ["replay"]),
        ("parked", ["discard", "--why", "a test"]),
        ("discarded", ["prune", "--older-than", "0d"]),
    ],
)
async def test_a_question(
    command_line: CommandLine, database: Database, broker: Broker, state: str, arguments: list[str]
) -> None:
    await database.rows("UPDATE dead_letters SET state = $1", state)
    async with at_terminal(command_line, "dead-letters", *arguments) as (process, _):
        await until_told(process, "[y/N] ")
        process.send_signal(signal.SIGINT)
        ended = await finished(process)
    assert (ended.code, ended.out) == (_ENDED, "")
    assert set((await states(database)).values()) == {state}
    assert (await broker.ready(), len(await archived(database, 2))) == (0, 2)
    assert await actions(database, "replayed") == []


@pytest.mark.parametrize("arguments", [["submit", "-"], ["catalog", "import", "/dev/stdin"]])
async def test_a_file_from_the_keyboard(
    command_line: CommandLine, broker: Broker, database: Database, arguments: list[str]
) -> None:
    items = await database.count("catalog_items")
    async with at_terminal(command_line, *arguments) as (process, keyboard):
        await keyboard.type("{}")
        process.send_signal(signal.SIGINT)
        ended = await finished(process)
    assert (ended.code, ended.out) == (_ENDED, "")
    assert (await broker.ready(), await database.count("catalog_items")) == (0, items)


@pytest.mark.usefixtures("letters")
@pytest.mark.parametrize("is_file", [True, False])
async def test_an_edit_whose_copy_is_sent(
    command_line: CommandLine, database: Database, broker: Broker, *, is_file: bool
) -> None:
    body = a_request("c").body
    editor = f"cp {command_line.file('body.json', body)}"
    command_line.environment |= {"EDITOR": editor, "TMPDIR": str(command_line.directory)}
    (name, *_) = await states(database)
    how = ["--body", command_line.file("body.json", body)] if is_file else ["--yes"]
    process = await command_line.start("dead-letters", "edit", name, *how)
    await eventually(broker.ready, lambda ready: ready == 1)
    process.send_signal(signal.SIGINT)
    ended = await finished(process)
    copy = await database.value("SELECT dead_letter_id FROM dead_letters WHERE copy_of IS NOT NULL")
    assert (ended.code, ended.out) == (_ENDED, "")
    # The queue may have it before its confirm has come here.
    told = "(may have been sent|was sent, but its outcome is not known yet)"
    assert re.match(f"the copy {told}: see `checkout dead-letters show {copy}`", ended.err)
    assert "go on" not in ended.err
    assert not list(command_line.directory.glob("checkout-*"))


@pytest.mark.usefixtures("letters")
async def test_a_replay_between_two_flights(
    command_line: CommandLine, database: Database, broker: Broker
) -> None:
    process = await command_line.start("dead-letters", "replay", "--yes", "--rate", "0.1", "--json")
    await eventually(broker.ready, lambda ready: ready == 1)
    process.send_signal(signal.SIGINT)
    ended = await finished(process)
    told = ended.document
    assert (ended.code, told["sent"], len(told["pending"]), len(told["notBegun"])) == (_ENDED, 1, 1, 1)
    assert "1 not started: run the command again to continue" in ended.err
    assert "list --state replaying" in ended.err
    assert sorted((await states(database)).values()) == ["parked", "replaying"]


async def test_a_command_that_is_still_being_imported(command_line: CommandLine) -> None:
    slow = "import signal, sys\nprint('importing', file=sys.stderr, flush=True)\nsignal.pause()\n"
    command_line.file("cyclopts.py", slow)
    command_line.environment["PYTHONPATH"] = str(command_line.directory)
    process = await command_line.start("--help")
    await until_told(process, "importing\n")
    process.send_signal(signal.SIGINT)
    ended = await finished(process)
    assert (ended.code, ended.out, ended.err) == (_ENDED, "", "")
