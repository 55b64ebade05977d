"""The archive beside operators who change the same dead letters, or remove them, at the same moment."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import pytest

from tests.support.database import Database
from tests.support.eventually import eventually
from worker.postgres.dead_letters import DeadLetter, DeadLetters
from worker.postgres.pool import Pool, open_pool

OLD, NEW = "0" * 64, "1" * 64
WAITING: Final = """
SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'
"""


@pytest.fixture
async def pool(database: Database) -> AsyncIterator[Pool]:
    made = await open_pool(database.url, connections=3, application="tests")
    yield made
    made.terminate()


def a_letter(dead_letter_id: str, **more: Any) -> DeadLetter:
    now = datetime.now(UTC)
    usual: dict[str, Any] = dict.fromkeys(DeadLetter._fields[:18], "x")
    optional = dict.fromkeys(("violations", "queue", "correlation_id", "customer_id", "cart_id"))
    own = {"dead_letter_id": dead_letter_id, "set_aside_by": "worker", "source": "shop", "message_id": "m"}
    octets = {"properties": b"\x00\x00", "body": dead_letter_id.encode()}
    return DeadLetter(**usual | optional | own | octets | {"asked_at": now, "failed_at": now} | more)


@asynccontextmanager
async def counts_held(database: Database) -> AsyncIterator[None]:
    """Whoever changes how many letters are parked waits until the block ends."""
    async with Database(database.url) as other:
        await other.execute("BEGIN")
        await other.execute("SELECT FROM dead_letter_counts WHERE state = 'parked' FOR UPDATE")
        yield
        await other.execute("COMMIT")


async def until_waiting(database: Database) -> None:
    await eventually(lambda: database.value(WAITING), lambda count: count == 1)


async def test_what_is_pruned_while_it_fails_again_keeps_its_id(database: Database, pool: Pool) -> None:
    letters = DeadLetters(pool)
    await letters.archive([a_letter(OLD)], "worker")
    await database.execute("UPDATE dead_letters SET state = 'discarded'")
    async with counts_held(database):
        archiving = asyncio.create_task(letters.archive([a_letter(NEW), a_letter(OLD)], "worker"))
        await until_waiting(database)
        await letters.prune(["discarded"], datetime.now(UTC) + timedelta(days=1), "operator", None)
    assert [each.dead_letter_id for each in await archiving] == [NEW, OLD]
    stored = await database.rows("SELECT dead_letter_id, state FROM dead_letters ORDER BY dead_letter_id")
    assert [tuple(row.values()) for row in stored] == [(OLD, "parked"), (NEW, "parked")]


async def test_an_operator_who_holds_what_fails_again_is_in_nobodys_way(
    database: Database, pool: Pool
) -> None:
    """Were counts changed before all dead letters are held, each would wait for the other."""
    letters = DeadLetters(pool)
    await letters.archive([a_letter(OLD)], "worker")
    async with Database(database.url) as operator:
        await operator.execute("BEGIN")
        await operator.execute("SELECT FROM dead_letters FOR UPDATE")
        archiving = asyncio.create_task(letters.archive([a_letter(NEW), a_letter(OLD)], "worker"))
        await until_waiting(database)
        await operator.execute("UPDATE dead_letters SET state = 'discarded'")
        await operator.execute("COMMIT")
    assert [each.dead_letter_id for each in await archiving] == [NEW, OLD]
