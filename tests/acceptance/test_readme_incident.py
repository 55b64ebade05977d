"""README's incident in six commands, run as they stand there."""

import re
import shlex
from pathlib import Path
from typing import Final

from tests.support.broker import Broker
from tests.support.carts import a_request, requests
from tests.support.command_line import CommandLine
from tests.support.database import Database
from tests.support.in_process import archiving_by, consuming
from tests.support.replays import set_aside, states
from worker.settings import Settings

README: Final = Path(__file__).parents[2] / "README.md"


def commands() -> list[str]:
    (block,) = re.findall(r"<!-- incident -->\n```sh\n(.*?)```", README.read_text("utf-8"), re.DOTALL)
    return str(block).splitlines()


async def test_the_incident_ends_with_every_cart_ordered_once(
    broker: Broker, database: Database, settings: Settings, command_line: CommandLine
) -> None:
    letters = requests(30, "a", "b")
    await set_aside(letters, broker=broker, database=database, settings=settings)
    known: dict[str, str] = {}

    async def run(command: str) -> str:
        named = re.sub(r"\$(\w+)", lambda found: known[found[1]], command)
        ended = await command_line.run(*shlex.split(named)[1:])
        assert ended.code == 0, (command, ended.err)
        return ended.out

    groups, listed, shown, plan, replay, rest = commands()
    known["GROUP"] = re.findall(r"\b[0-9a-f]{16}\b", await run(groups))[0]
    known["ID"] = re.findall(r"\b[0-9a-f]{16}\b", await run(listed))[0]
    assert "line items" in await run(shown)
    assert "30 dead letters would be replayed: 30 to cart.checkout" in await run(plan)

    async with consuming(archiving_by(settings)):
        await broker.submit(a_request("c"))
        assert await run(replay) == "30 replayed: 30 resolved\n"
    assert (await run(rest)).count("resolved") == 30
    assert set((await states(database)).values()) == {"resolved"}
    assert await database.count("orders") == 2 * 30 + 1
