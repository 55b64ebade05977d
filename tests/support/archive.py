"""The archive of dead letters, as the tests read it."""

from typing import Any

from aiormq import spec

from tests.support.database import Database
from tests.support.eventually import eventually
from worker.amqp.frame_shield import properties_of
from worker.deadletters.as_sent import as_sent

ENTRIES = "SELECT * FROM dead_letters ORDER BY message_id, dead_letter_id"
ACTIONS = "SELECT * FROM dead_letter_actions ORDER BY action_number"


async def archived(database: Database, count: int, *, within: float = 30.0) -> list[dict[str, Any]]:
    """Wait for so many entries; there must not be more."""
    await eventually(lambda: database.count("dead_letters"), lambda there: there >= count, within=within)
    entries = await database.rows(ENTRIES)
    assert len(entries) == count, "there are more dead letters"
    return entries


async def history(database: Database) -> list[tuple[str, str | None, str | None]]:
    """What was done, in order: action, state before and after."""
    rows = await database.rows(ACTIONS)
    return [(row["action"], row["state_before"], row["state_after"]) for row in rows]


def headers_of(entry: dict[str, Any]) -> dict[str, Any]:
    """All headers of the dead letter, ours and the broker's included."""
    return dict(properties_of(entry["properties"]).headers or {})


def sent(entry: dict[str, Any]) -> spec.Basic.Properties:
    """The properties of the message that it was."""
    return as_sent(entry["properties"], set_aside_by=entry["set_aside_by"])


def values(properties: spec.Basic.Properties) -> dict[str, Any]:
    """Properties as they compare, without those that are not set."""
    named = {name: getattr(properties, name) for name in properties.__slots__ if name != "cluster_id"}
    return {name: value for name, value in named.items() if value not in (None, {})}
