"""Dead letters whose cause can be cured, and their replays."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from tests.support.archive import archived
from tests.support.broker import CHECKOUT, SOURCE, Broker
from tests.support.carts import Request
from tests.support.command_line import CommandLine, Finished
from tests.support.database import Database
from tests.support.in_process import archiving_by, consuming
from worker.settings import Settings

LAPSED = "UPDATE dead_letters SET claimed_at = claimed_at - interval '10 minutes' WHERE state = 'replaying'"


def strict(settings: Settings) -> Settings:
    """For a worker that refuses carts of more than one line: that is what a cure mends."""
    return archiving_by(settings).model_copy(update={"max_line_items": 1})


async def set_aside(
    requests: Sequence[Request],
    *,
    broker: Broker,
    database: Database,
    settings: Settings,
    key: str = CHECKOUT,
) -> None:
    """Have requests of two lines and more archived."""
    for request in requests:
        await broker.publish(
            request.body,
            key=key,
            message_id=request.message_id,
            app_id=SOURCE,
            timestamp=datetime.now(UTC),
        )
    async with consuming(strict(settings)):
        await archived(database, len(requests))


async def states(database: Database) -> dict[str, str]:
    """Where each dead letter stands, by the id of its message."""
    rows = await database.rows("SELECT message_id, state FROM dead_letters")
    return {row["message_id"]: row["state"] for row in rows}


async def replayed(command_line: CommandLine, *arguments: str) -> Finished:
    return await command_line.run("dead-letters", "replay", *arguments, "--json")


async def actions(database: Database, action: str) -> list[dict[str, Any]]:
    return await database.rows(
        "SELECT * FROM dead_letter_actions WHERE action = $1 ORDER BY action_number", action
    )
