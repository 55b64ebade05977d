"""Marks of published events: several workers may note the same ones at the same time."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from typing import Final

import pytest

from tests.support.database import Database
from worker.postgres.checkouts import Checkouts, Mark, Publication
from worker.postgres.pool import Pool, open_pool
from worker.postgres.stored_events import StoredEvents

ROWS: Final = """
INSERT INTO checkouts (customer_id, message_id, cart_id, cart_version, content_hash, asked_at, event_id,
    event_type, event_time, source, correlation_id, body)
SELECT gen_random_uuid(), 'm', gen_random_uuid(), 1, sha256('a'), now(), gen_random_uuid(),
    'checkout.completed', 't', 's', 'c', 'b'
FROM generate_series(1, 2000)
"""
PUBLISHED: Final = "SELECT count(*) FROM checkouts WHERE publication = 'published'"
# A batch fails after eight seconds of waiting for a lock.
SOON: Final = 4.0


@pytest.fixture
async def pool(database: Database) -> AsyncIterator[Pool]:
    await database.execute(ROWS)
    made = await open_pool(database.url, connections=2, application="tests")
    yield made
    made.terminate()


async def marks_of_all(database: Database) -> list[Mark]:
    rows = await database.rows("SELECT customer_id::text AS customer_id FROM checkouts")
    return [Mark(row["customer_id"], "m", Publication.PUBLISHED) for row in rows]


async def test_marks_of_the_same_events_in_any_order_do_not_stand_in_one_anothers_way(
    database: Database, pool: Pool
) -> None:
    marks, events = await marks_of_all(database), StoredEvents(pool)

    async def note(some: Sequence[Mark]) -> None:
        await database.execute("UPDATE checkouts SET publication = 'pending', published_at = NULL")
        await asyncio.gather(events.mark(some), events.mark(some[::-1]))

    for _ in range(5):
        await note(marks)
    assert await database.value(PUBLISHED) == 2000


@pytest.mark.parametrize("with_a_batch", [True, False])
async def test_marks_of_events_that_a_sweeper_publishes_wait_for_nobody(
    database: Database, pool: Pool, *, with_a_batch: bool
) -> None:
    """Its broker may be silent for as long as it likes: others go on, and it marks its events itself."""
    marks = await marks_of_all(database)
    async with Database(database.url) as sweeper:
        await sweeper.execute("BEGIN")
        await sweeper.execute("SELECT FROM outcomes ORDER BY customer_id LIMIT 200 FOR UPDATE")
        async with asyncio.timeout(SOON):
            if with_a_batch:
                async with Checkouts(pool).batch() as store:
                    await store.commit([], marks=marks)
            else:
                await StoredEvents(pool).mark(marks)
    assert await database.value(PUBLISHED) == 1800
