"""Which stored events a sweep takes: those that waited long enough, and not more than it can hold."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Final

import pytest
from pydantic_core import from_json

from tests.support.database import Database
from worker.postgres.pool import acquired, open_pool
from worker.postgres.statements import statement
from worker.postgres.stored_events import StoredEvents

AFTER: Final = timedelta(seconds=30)
LIMITS: Final = (200, 1000)
OVERDUE: Final = (timedelta(minutes=1), timedelta(minutes=1))
ADD: Final = """
INSERT INTO checkouts (customer_id, message_id, cart_id, cart_version, content_hash, asked_at, event_id,
    event_type, event_time, source, correlation_id, body, created_at, attempted_at)
SELECT gen_random_uuid(), 'm' || n, gen_random_uuid(), 1, sha256('a'), now(), gen_random_uuid(),
    'checkout.completed', 't', 's', 'c', repeat('b', $4)::bytea, now() - $2::interval, now() - $3::interval
FROM generate_series(1, $1) AS n
"""


@pytest.fixture
async def events(database: Database) -> AsyncIterator[StoredEvents]:
    pool = await open_pool(database.url, connections=2, application="tests")
    yield StoredEvents(pool)
    pool.terminate()


async def found(events: StoredEvents) -> int:
    async with events.overdue(AFTER, *LIMITS) as overdue:
        return len(overdue.events)


@pytest.mark.parametrize(("waited", "is_overdue"), [(29, False), (31, True)])
async def test_an_event_is_overdue_after_a_while(
    database: Database, events: StoredEvents, waited: int, *, is_overdue: bool
) -> None:
    await database.execute(ADD, 1, timedelta(days=7), timedelta(seconds=waited), 1)
    assert await found(events) == is_overdue


@pytest.mark.parametrize(
    ("age", "refused", "wait"),
    [
        (timedelta(seconds=60), True, timedelta(seconds=60)),
        (timedelta(days=7), True, timedelta(minutes=5)),
        (timedelta(days=7), False, timedelta(0)),
    ],
    ids=["young", "old", "nothing-said"],
)
async def test_a_refused_event_waits_once_more_as_long_as_it_is_old_and_five_minutes_at_most(
    database: Database, events: StoredEvents, age: timedelta, wait: timedelta, *, refused: bool
) -> None:
    await database.execute(ADD, 1, age, timedelta(minutes=1), 1)
    async with events.overdue(AFTER, *LIMITS) as overdue:
        await overdue.put_off((each, refused) for each in overdue.events)

    longer = await database.value("SELECT attempted_at - clock_timestamp() FROM checkouts")
    assert abs(longer - wait) < timedelta(seconds=10)
    assert await found(events) == 0


async def test_events_that_are_not_due_are_not_even_looked_at(database: Database) -> None:
    """The index of attempts tells them apart: there may be many, as when the broker is slow to confirm."""
    await database.execute(ADD, 50_000, timedelta(), timedelta(), 1)
    await database.execute(ADD.replace("'m'", "'due'"), 5, *OVERDUE, 1)
    pool = await open_pool(database.url, connections=1, application="tests")
    try:
        async with acquired(pool) as connection:
            explain = f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {statement('overdue')}"
            (explained,) = from_json(await connection.fetchval(explain, AFTER, *LIMITS))
    finally:
        pool.terminate()
    pages = explained["Plan"]["Shared Hit Blocks"] + explained["Plan"]["Shared Read Blocks"]
    assert explained["Plan"]["Actual Rows"] == 5
    assert pages < 100


@pytest.mark.parametrize(
    ("events_there", "octets", "taken"), [(250, 1, 200), (12, 100, 10), (12, 101, 9), (3, 1001, 1), (0, 1, 0)]
)
async def test_a_sweep_takes_so_many_events_and_bytes_at_most_and_always_one(
    database: Database, events: StoredEvents, events_there: int, octets: int, taken: int
) -> None:
    await database.execute(ADD, events_there, *OVERDUE, octets)
    assert await found(events) == taken


async def test_what_was_attempted_first_is_taken_first(database: Database, events: StoredEvents) -> None:
    await database.execute(ADD, 1, timedelta(hours=1), timedelta(minutes=31), 500)
    await database.execute(ADD.replace("'m'", "'first'"), 1, timedelta(hours=1), timedelta(minutes=40), 600)
    async with events.overdue(AFTER, *LIMITS) as overdue:
        assert [each.message_id for each in overdue.events] == ["first1"]
