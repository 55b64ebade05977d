"""Claims on dead letters: who replays which, so that each is replayed once at a time."""

from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from secrets import token_bytes
from typing import Final, NamedTuple

from worker.postgres.conflicts import past_conflicts
from worker.postgres.dead_letters import LetterAction, LetterFilter, LetterState, end_of_ids
from worker.postgres.pool import Pool
from worker.postgres.records import Record, fetched

LAPSE: Final = timedelta(minutes=10)
"""Age at which a claim without an outcome may be taken over."""

TOKEN_BYTES: Final = 32
REPLAYABLE: Final = (LetterState.PARKED, LetterState.FAILED_AGAIN, LetterState.REPLAYING)
_FIRST: Final = (datetime.min.replace(tzinfo=UTC), "")
_PAGE: Final = 5_000


class Chosen(NamedTuple):
    """A dead letter that something is to be done to."""

    dead_letter_id: str
    state: str
    queue: str | None
    routing_key: str
    last_failed_at: datetime
    held_by: str | None = None
    """Who is replaying it; only told of those that are named."""

    held_until: datetime | None = None


class Held(NamedTuple):
    """Who is replaying some, how many, and when the first of them can be replayed again."""

    claimed_by: str
    letters: int
    until: datetime


class Claim(NamedTuple):
    """A dead letter that is ours to replay, and the token that its replay carries."""

    dead_letter_id: str
    replay_token: bytes
    queue: str | None
    routing_key: str
    message_id: str | None
    properties: bytes
    body: bytes
    asked_at: datetime


class Copy(NamedTuple):
    """An edited copy, from its original's id on: the first parameters of `archive_copy`."""

    copy_of: str
    dead_letter_id: str
    queue: str
    routing_key: str
    message_id: str
    customer_id: str | None
    cart_id: str | None
    properties: bytes
    body: bytes
    words: str


class Replays:
    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def chosen(self, wanted: LetterFilter, limit: int | None = None) -> AsyncIterator[list[Chosen]]:
        """Those that a filter finds, oldest failures first, by the page; none that others are replaying."""
        after, left = _FIRST, limit
        while left is None or left > 0:
            size = _PAGE if left is None else min(left, _PAGE)
            rows = await self._fetch("choose_dead_letters", *wanted, *after, LAPSE, size)
            if not rows:
                return
            page = [Chosen(**row) for row in rows]
            after = page[-1].last_failed_at, page[-1].dead_letter_id
            left = None if left is None else left - len(page)
            yield page

    async def held(self, wanted: LetterFilter) -> list[Held]:
        """Who is replaying those of a filter that `chosen` leaves out."""
        return [Held(**row) for row in await self._fetch("held_dead_letters", *wanted, LAPSE)]

    async def named(self, names: Sequence[str]) -> dict[str, list[Chosen]]:
        """Those that each name may mean: an id, the beginning of one, or the id of a message."""
        found: dict[str, list[Chosen]] = {name: [] for name in names}
        beyond = [end_of_ids(name) for name in found]
        for row in await self._fetch("named_dead_letters", list(found), beyond, LAPSE):
            found[row.pop("name")].append(Chosen(**row))
        return found

    async def claim(self, ids: Sequence[str], actor: str, why: str | None) -> list[Claim]:
        """Claim those of them that nobody else has, in the order given.

        Raises:
            DatabaseUnavailable: they may be claimed all the same, and lapse.
        """
        tokens = [token_bytes(TOKEN_BYTES) for _ in ids]
        rows = await self._fetch("claim_replays", list(ids), tokens, actor, why, LAPSE)
        by_id = {row["dead_letter_id"]: Claim(**row) for row in rows}
        return [by_id[each] for each in ids if each in by_id]

    async def give_back(self, claims: Sequence[Claim], actor: str, why: str) -> None:
        """Undo claims whose messages surely went nowhere."""
        await self._fetch("give_back_replays", [each.replay_token for each in claims], actor, why)

    async def states(self, ids: Sequence[str]) -> dict[str, Record]:
        return {row["dead_letter_id"]: row for row in await self._fetch("dead_letter_states", list(ids))}

    async def whole(self, ids: Sequence[str]) -> list[Record]:
        """Everything that was archived of them."""
        return await self._fetch("whole_dead_letters", list(ids))

    async def copy(self, copy: Copy, actor: str, why: str | None) -> bytes:
        """Archive an edited copy, claimed from the start; the token that its replay carries."""
        token = token_bytes(TOKEN_BYTES)
        await self._fetch("archive_copy", *copy, token, actor, why)
        return token

    async def discard(self, ids: Sequence[str], actor: str, why: str) -> list[str]:
        """Discard those of them that wait; which they were."""
        return await self._change(ids, LetterAction.DISCARDED, LetterState.DISCARDED, actor, why)

    async def restore(self, ids: Sequence[str], actor: str, why: str | None) -> list[str]:
        """Park those of them again that were discarded; which they were."""
        return await self._change(ids, LetterAction.RESTORED, LetterState.PARKED, actor, why)

    async def note_exported(self, ids: Sequence[str], actor: str, directory: str) -> None:
        await self._fetch("note_exported", list(ids), actor, directory)

    async def _change(
        self, ids: Sequence[str], action: LetterAction, state: LetterState, actor: str, why: str | None
    ) -> list[str]:
        rows = await self._fetch("change_dead_letters", list(ids), action, state, actor, why, LAPSE)
        return [row["dead_letter_id"] for row in rows]

    async def _fetch(self, name: str, *arguments: object) -> list[Record]:
        """One statement, in a transaction of its own."""
        return await past_conflicts(partial(fetched, self._pool, name, *arguments))
