"""Dead letters are found by their words, rare or common, the newest first."""

from collections.abc import AsyncIterator

import pytest

from tests.support.database import Database
from worker.deadletters.words import query_of
from worker.postgres.dead_letters import DeadLetters, LetterFilter, LetterState
from worker.postgres.pool import open_pool

# Letter 17 has the words "all", "n17" and "digit7"; it is "old", as all of the first hundred are.
FILL = """
INSERT INTO dead_letters (dead_letter_id, code, reason, fingerprint, pattern, set_aside_by, exchange,
    routing_key, source, properties, body, words, asked_at, first_failed_at, last_failed_at)
SELECT n::text, CASE WHEN n % 2 = 0 THEN 'even' ELSE 'odd' END, '', 'f', '', 'worker', '', '', '', '', '',
    array_to_tsvector(ARRAY['all', 'n' || n, 'digit' || n % 10] || CASE WHEN n <= 100 THEN ARRAY['old'] END),
    now(), moment, moment
FROM generate_series(1, 6000) AS n,
    LATERAL (SELECT '2026-01-01Z'::timestamptz + n * '1 s'::interval) AS at (moment);
UPDATE dead_letters SET state = 'discarded' WHERE dead_letter_id::integer % 3 = 0
"""


@pytest.fixture
async def letters(database: Database) -> AsyncIterator[DeadLetters]:
    await database.execute(FILL)
    await database.execute("ANALYZE")
    pool = await open_pool(database.url, connections=1, application="tests", settings={})
    try:
        yield DeadLetters(pool)
    finally:
        pool.terminate()


async def _found(letters: DeadLetters, text: str, limit: int, code: str | None = None) -> list[int]:
    wanted = LetterFilter(states=list(LetterState), text=query_of(text), code=code)
    return [int(row["dead_letter_id"]) for row in await letters.newest(wanted, limit)]


async def test_rare_common_and_old_words_find_the_newest_that_have_them(letters: DeadLetters) -> None:
    assert await _found(letters, "all", 4) == [6000, 5999, 5998, 5997]
    assert await _found(letters, "digit7 all", 3) == [5997, 5987, 5977]
    assert await _found(letters, "n4711", 10) == [4711]
    assert await _found(letters, "old", 3) == [100, 99, 98]
    assert await _found(letters, "old digit7", 50) == [97, 87, 77, 67, 57, 47, 37, 27, 17, 7]
    assert await _found(letters, "n4711 old", 10) == []
    assert len(await _found(letters, "all", 10_000)) == 6000


async def test_words_hold_together_with_other_filters(letters: DeadLetters) -> None:
    assert await _found(letters, "old", 3, code="odd") == [99, 97, 95]
    assert await _found(letters, "all", 3, code="odd") == [5999, 5997, 5995]
    unresolved = LetterFilter(text=query_of("old"))
    assert [row["dead_letter_id"] for row in await letters.newest(unresolved, 3)] == ["100", "98", "97"]
