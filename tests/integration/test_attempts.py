"""Attempts at messages that came again: what counts is a process that ended, not one that could not say."""

from collections.abc import AsyncIterator

import pytest

from tests.support.database import Database
from worker.postgres.attempts import Attempts
from worker.postgres.pool import open_pool

HASH = bytes(32)


@pytest.fixture
async def attempts(database: Database) -> AsyncIterator[Attempts]:
    pool = await open_pool(database.url, connections=1, application="tests")
    yield Attempts(pool)
    pool.terminate()


async def test_attempts_of_workers_that_are_gone_count(attempts: Attempts) -> None:
    assert [await attempts.begin(HASH, "q", "m", worker) for worker in ("a", "b", "c")] == [1, 2, 3]


async def test_a_worker_that_begins_again_has_outlived_its_last_attempt(attempts: Attempts) -> None:
    assert [await attempts.begin(HASH, "q", "m", worker) for worker in ("a", "a", "b", "b")] == [1, 1, 2, 2]


async def test_a_finished_attempt_is_forgotten(attempts: Attempts, database: Database) -> None:
    await attempts.begin(HASH, "q", "m", "a")
    await attempts.finish(HASH)
    assert await database.count("attempts") == 0
    assert await attempts.begin(HASH, "q", "m", "b") == 1
