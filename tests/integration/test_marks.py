"""Marks of published events: several workers may note the same ones at the same time."""

import asyncio
from collections.abc import Sequence

from tests.support.database import Database
from worker.postgres.checkouts import Mark, Publication
from worker.postgres.pool import open_pool
from worker.postgres.stored_events import StoredEvents

ROWS = """
INSERT INTO checkouts (customer_id, message_id, cart_id, cart_version, content_hash, asked_at, event_id,
    event_type, event_time, source, correlation_id, body)
SELECT gen_random_uuid(), 'm', gen_random_uuid(), 1, sha256('a'), now(), gen_random_uuid(),
    'checkout.completed', 't', 's', 'c', 'b'
FROM generate_series(1, 2000)
"""


async def test_marks_of_the_same_events_in_any_order_do_not_stand_in_one_anothers_way(
    database: Database,
) -> None:
    await database.execute(ROWS)
    rows = await database.rows("SELECT customer_id::text AS customer_id FROM checkouts")
    marks = [Mark(row["customer_id"], "m", Publication.PUBLISHED) for row in rows]
    pool = await open_pool(database.url, connections=2, application="tests")
    events = StoredEvents(pool)

    async def note(some: Sequence[Mark]) -> None:
        await database.execute("UPDATE checkouts SET publication = 'pending', published_at = NULL")
        await asyncio.gather(events.mark(some), events.mark(some[::-1]))

    try:
        for _ in range(5):
            await note(marks)
    finally:
        pool.terminate()
    assert await database.value("SELECT count(*) FROM checkouts WHERE publication = 'published'") == 2000
