"""Which stored events a sweep takes: those that waited long enough, and not more than it can hold."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Final

import pytest

from tests.support.database import Database
from worker.postgres.pool import open_pool
from worker.postgres.stored_events import StoredEvents

AFTER: Final = timedelta(seconds=30)
LIMIT: Final = 200
ADD: Final = """
INSERT INTO checkouts (customer_id, message_id, cart_id, cart_version, content_hash, asked_at, event_id,
    event_type, event_time, source, correlation_id, body, created_at, attempted_at)
SELECT gen_random_uuid(), 'm' || n, gen_random_uuid(), 1, sha256('a'), now(), gen_random_uuid(),
    'checkout.completed', 't', 's', 'c', 'b', now() - $2::interval, now() - $3::interval
FROM generate_series(1, $1) AS n
"""


@pytest.fixture
async def events(database: Database) -> AsyncIterator[StoredEvents]:
    pool = await open_pool(database.url, connections=2, application="tests")
    yield StoredEvents(pool)
    pool.terminate()


async def found(events: StoredEvents) -> int:
    async with events.overdue(AFTER, LIMIT) as overdue:
        return len(overdue.events)


@pytest.mark.parametrize(
    ("created", "attempted", "is_overdue"),
    [
        (timedelta(seconds=29), timedelta(seconds=29), False),
        (timedelta(seconds=31), timedelta(seconds=31), True),
        (timedelta(seconds=61), timedelta(seconds=29), False),
        (timedelta(seconds=61), timedelta(seconds=31), True),
        (timedelta(minutes=10), timedelta(minutes=4), False),
        (timedelta(minutes=10), timedelta(minutes=6), True),
        (timedelta(days=7), timedelta(minutes=59), False),
        (timedelta(days=7), timedelta(minutes=61), True),
    ],
)
async def test_each_attempt_doubles_the_wait_for_the_next_one_up_to_an_hour(
    database: Database, events: StoredEvents, created: timedelta, attempted: timedelta, *, is_overdue: bool
) -> None:
    await database.execute(ADD, 1, created, attempted)
    assert await found(events) == is_overdue
