"""kill -9 of a replaying command: another run finishes; nothing is lost, nothing replayed twice at once."""

import asyncio
import signal

import pytest

from tests.support.archive import archived
from tests.support.broker import CHECKOUT, Broker, Message, Subscriber
from tests.support.carts import Request, requests
from tests.support.command_line import CommandLine
from tests.support.database import Database
from tests.support.eventually import eventually
from tests.support.in_process import archiving_by, consuming
from tests.support.replays import LAPSED, actions, replayed, set_aside, states
from worker.settings import Settings

COUNT = 300
CLAIMED = "SELECT count(*) FROM dead_letter_actions WHERE action = 'replayed'"
SESSIONS = """
SELECT count(*) FROM pg_stat_activity
WHERE application_name = 'checkout-cli' AND datname = current_database()
"""


@pytest.fixture
async def letters(broker: Broker, database: Database, settings: Settings) -> list[Request]:
    made = requests(COUNT, "a", "b")
    await set_aside(made, broker=broker, database=database, settings=settings)
    return made


@pytest.fixture
async def spied(broker: Broker) -> Subscriber:
    return await broker.subscribe(CHECKOUT, "cart.commands")


async def _started(command_line: CommandLine, database: Database) -> asyncio.subprocess.Process:
    """A replay that is in the middle of its work."""
    arguments = ("dead-letters", "replay", "--yes", "--rate", "50", "--json")
    process = await command_line.start(*arguments)
    await eventually(lambda: database.value(CLAIMED), lambda count: count >= COUNT // 5)
    return process


@pytest.mark.usefixtures("letters")
async def test_a_second_run_finishes_what_a_killed_one_began(
    command_line: CommandLine, database: Database, settings: Settings, spied: Subscriber
) -> None:
    killed = await _started(command_line, database)
    killed.kill()
    await killed.communicate()
    assert killed.returncode == -signal.SIGKILL
    # What it had sent to the database is still committed.
    await eventually(lambda: database.value(SESSIONS), lambda count: count == 0)
    claimed = await _tokens(database)
    assert 0 < len(claimed) < COUNT

    async def heard_of_the_second() -> int:
        return sum(_token(each) not in claimed for each in spied.messages)

    async with consuming(archiving_by(settings)):
        second = await replayed(command_line, "--yes")
        assert (second.code, second.document["sent"]) == (0, COUNT - len(claimed))
        # What the first one sent came before: a program takes long to start.
        await eventually(heard_of_the_second, lambda count: count == COUNT - len(claimed))
        unsent = COUNT - len(spied.messages)
        assert 0 <= unsent <= 50
        await eventually(lambda: _resolved(database), lambda count: count == COUNT - unsent)
        await database.execute(LAPSED)
        last = await replayed(command_line, "--yes")
    assert (last.code, last.document["sent"]) == (0, unsent)
    await archived(database, COUNT)
    assert set((await states(database)).values()) == {"resolved"}
    assert await database.count("orders") == 2 * COUNT
    assert len(spied.messages) == len({each.id for each in spied.messages}) == COUNT
    assert len(await actions(database, "lapsed")) == unsent
    assert len(await actions(database, "resolved")) == COUNT


@pytest.mark.usefixtures("letters")
async def test_ctrl_c_ends_a_replay_between_two_flights(
    command_line: CommandLine, database: Database, spied: Subscriber
) -> None:
    """What is claimed is sent, and nothing more is claimed."""
    cancelled = await _started(command_line, database)
    cancelled.send_signal(signal.SIGINT)
    _, told = await cancelled.communicate()
    assert cancelled.returncode == 130
    claimed = await database.value(CLAIMED)
    assert 0 < claimed < COUNT
    await spied.until(claimed)
    assert {_token(each) for each in spied.messages} == await _tokens(database)
    assert f"{claimed} replayed" in told.decode()


async def _resolved(database: Database) -> int:
    return list((await states(database)).values()).count("resolved")


async def _tokens(database: Database) -> set[str]:
    """Of what is on its way."""
    rows = await database.rows("SELECT replay_token FROM dead_letters WHERE state = 'replaying'")
    return {row["replay_token"].hex() for row in rows}


def _token(message: Message) -> str:
    return str(message.headers["x-replay-token"])
