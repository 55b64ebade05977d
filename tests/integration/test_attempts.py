"""Attempts at messages that came again: what counts is a process that ended, not one that could not say."""

from collections.abc import AsyncIterator

import pytest

from tests.support.database import Database
from worker.postgres.attempts import KILLS, Attempts
from worker.postgres.pool import open_pool
from worker.postgres.workers import Beat, Workers

HASH = bytes(32)


@pytest.fixture
async def attempts(database: Database) -> AsyncIterator[Attempts]:
    pool = await open_pool(database.url, connections=1, application="tests")
    yield Attempts(pool)
    pool.terminate()


async def test_attempts_of_workers_that_are_gone_count(attempts: Attempts) -> None:
    assert [await attempts.begin(HASH, "q", "m", worker) for worker in ("a", "b", "c")] == [1, 2, 3]


@pytest.mark.parametrize("worker_id", ["b", "b" * 70])
async def test_an_attempt_of_a_worker_that_is_still_connected_does_not_count(
    attempts: Attempts, database: Database, worker_id: str
) -> None:
    pool = await open_pool(database.url, connections=1, application=worker_id)
    assert [await attempts.begin(HASH, "q", "m", worker) for worker in ("a", worker_id)] == [1, 2]
    await Workers(pool).beat(Beat(worker_id, "1", "consuming", 0, 0.0))
    assert await attempts.begin(HASH, "q", "m", "c") == 2
    pool.terminate()
    assert await attempts.begin(HASH, "q", "m", "d") == KILLS


async def test_an_attempt_of_a_worker_that_gave_no_sign_of_life_since_counts(
    attempts: Attempts, database: Database
) -> None:
    """It is frozen, or its machine is gone: connections stay for a while, or for hours."""
    pool = await open_pool(database.url, connections=1, application="a")
    await Workers(pool).beat(Beat("a", "1", "consuming", 0, 0.0))
    assert [await attempts.begin(HASH, "q", "m", worker) for worker in ("a", "b")] == [1, 2]
    pool.terminate()


async def test_a_sign_of_life_of_a_while_ago_is_none(attempts: Attempts, database: Database) -> None:
    pool = await open_pool(database.url, connections=1, application="a")
    await attempts.begin(HASH, "q", "m", "a")
    await Workers(pool).beat(Beat("a", "1", "consuming", 0, 0.0))
    await database.execute("UPDATE workers SET seen_at = seen_at - interval '20 seconds'")
    await database.execute("UPDATE attempts SET last_at = last_at - interval '20 seconds'")
    assert await attempts.begin(HASH, "q", "m", "b") == 2
    pool.terminate()


async def test_a_worker_that_begins_again_has_outlived_its_last_attempt(attempts: Attempts) -> None:
    assert [await attempts.begin(HASH, "q", "m", worker) for worker in ("a", "a", "b", "b")] == [1, 1, 2, 2]


async def test_a_worker_with_nothing_in_hand_forgets_its_own_attempts_and_those_of_last_week(
    attempts: Attempts, database: Database
) -> None:
    for number, worker in enumerate(("a", "b", "old")):
        await attempts.begin(bytes([number]) * 32, "q", "m", worker)
    await database.execute(
        "UPDATE attempts SET last_at = last_at - interval '8 days' WHERE worker_id = 'old'"
    )
    await attempts.forget("a")
    assert await database.rows("SELECT worker_id FROM attempts") == [{"worker_id": "b"}]


async def test_what_a_worker_outlived_is_forgotten_where_another_one_has_begun_it_meanwhile(
    attempts: Attempts,
) -> None:
    await attempts.begin(HASH, "q", "m", "a")
    await attempts.begin(HASH, "q", "m", "b")
    await attempts.forget("a", [HASH])
    assert await attempts.begin(HASH, "q", "m", "c") == 1


async def test_who_would_not_begin_a_message_remembers_that_it_ends_processes(attempts: Attempts) -> None:
    counts = [await attempts.begin(HASH, "q", "m", worker) for worker in ("a", "b", "c")]
    await attempts.forget("c")
    assert await attempts.begin(HASH, "q", "m", "c") == counts[-1] == KILLS


async def test_a_finished_attempt_is_forgotten(attempts: Attempts, database: Database) -> None:
    await attempts.begin(HASH, "q", "m", "a")
    await attempts.finish(HASH)
    assert await database.count("attempts") == 0
    assert await attempts.begin(HASH, "q", "m", "b") == 1
