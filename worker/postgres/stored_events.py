"""Stored events: which are published, which are overdue, and all of them for a republication."""

from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import asyncpg

from worker.checkout.event import Event
from worker.postgres.checkouts import Mark, Publication, stored_event
from worker.postgres.commit_rows import columns
from worker.postgres.pool import Connection, Pool, acquired
from worker.postgres.statements import statement

_FIRST: Final = ("00000000-0000-0000-0000-000000000000", "")


@dataclass(frozen=True, slots=True)
class StoredEvent:
    """An event with the identity of its row."""

    customer_id: str
    message_id: str
    event: Event

    def mark(self, *, returned: bool) -> Mark:
        publication = Publication.RETURNED if returned else Publication.PUBLISHED
        return Mark(self.customer_id, self.message_id, publication)


class StoredEvents:
    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def mark(self, marks: Sequence[Mark]) -> None:
        """Note what became of pending events."""
        async with acquired(self._pool) as connection:
            await _mark(connection, marks)

    @asynccontextmanager
    async def overdue(self, after: timedelta, limit: int, octets: int) -> AsyncIterator["Overdue"]:
        """Events that were committed and not marked for a while, locked against other sweepers.

        So many, and of so many bytes together, at most, but at least one.
        """
        async with acquired(self._pool) as connection, connection.transaction():
            rows = await connection.fetch(statement("overdue"), after, limit, octets)
            yield Overdue(connection, [_stored(row) for row in rows])

    async def pages(
        self, since: datetime, *, returned: bool, source: str | None, size: int
    ) -> AsyncIterator[list[StoredEvent]]:
        """All events stored since then, or of them the returned ones, or one source's, a page at a time."""
        after: tuple[str, str] = _FIRST
        while True:
            async with acquired(self._pool) as connection:
                arguments = (since, returned, *after, size, source)
                rows = await connection.fetch(statement("stored_events"), *arguments)
            if not rows:
                return
            page = [_stored(row) for row in rows]
            after = (page[-1].customer_id, page[-1].message_id)
            yield page

    async def republished(self, marks: Sequence[Mark]) -> None:
        """Note what became of events that were published once more."""
        async with acquired(self._pool) as connection:
            await _mark(connection, marks, again=True)


@dataclass(frozen=True, slots=True)
class Overdue:
    """Overdue events and the transaction that holds them."""

    connection: Connection
    events: list[StoredEvent]

    async def mark(self, marks: Sequence[Mark]) -> None:
        await _mark(self.connection, marks)

    async def put_off(self, events: Iterable[tuple[StoredEvent, bool]]) -> None:
        """These have their next turn after the others.

        Those that were refused wait once more as long as they are old, five minutes at most: subscribers hear
        every event that one of them refuses.
        """
        rows = ((each.customer_id, each.message_id, is_refused) for each, is_refused in events)
        await self.connection.execute(statement("attempted"), *columns(rows, width=3))


async def _mark(connection: Connection, marks: Sequence[Mark], *, again: bool = False) -> None:
    await connection.execute(statement("mark"), *columns(marks, width=3), again)


def _stored(row: asyncpg.Record) -> StoredEvent:
    event = stored_event(row["customer_id"], row["cart_id"], row)
    return StoredEvent(str(row["customer_id"]), row["message_id"], event)
