"""The archive of dead letters: each once, with what became of it and who did what."""

import re
from collections.abc import Collection, Sequence
from datetime import datetime
from enum import StrEnum
from functools import partial
from hashlib import sha256
from typing import Any, Final, NamedTuple
from uuid import UUID

from pydantic_core import from_json, to_json

from worker.postgres.commit_rows import columns
from worker.postgres.conflicts import past_conflicts
from worker.postgres.pool import Connection, Pool, acquired
from worker.postgres.records import Record, fetched
from worker.postgres.statements import statement

PRUNED_AT_ONCE: Final = 1_000
_FEW: Final = 5_000
_SAMPLE: Final = 300
_COMMON: Final = 5
_BEGINNING: Final = re.compile(r"[0-9a-f]{8,63}")


class LetterState(StrEnum):
    """Where a dead letter stands. A replay is claimed: it is `replaying` until its outcome is known."""

    PARKED = "parked"
    REPLAYING = "replaying"
    RESOLVED = "resolved"
    FAILED_AGAIN = "failed-again"
    DISCARDED = "discarded"


UNRESOLVED: Final = (LetterState.PARKED, LetterState.REPLAYING, LetterState.FAILED_AGAIN)
FINISHED: Final = (LetterState.RESOLVED, LetterState.DISCARDED)


class LetterAction(StrEnum):
    """What can be done to a dead letter; each leaves a row in its history."""

    ARCHIVED = "archived"
    REPLAYED = "replayed"
    RESOLVED = "resolved"
    FAILED_AGAIN = "failed-again"
    LAPSED = "lapsed"
    EDITED = "edited"
    DISCARDED = "discarded"
    RESTORED = "restored"
    UNMASKED = "unmasked"
    EXPORTED = "exported"
    PRUNED = "pruned"


class DeadLetter(NamedTuple):
    """A dead letter as it is archived: the parameters of `archive_new`, then what tells a repeat."""

    dead_letter_id: str
    code: str
    reason: str
    violations: str | None
    """JSON: a list of paths and rules."""

    fingerprint: str
    pattern: str
    set_aside_by: str
    queue: str | None
    exchange: str
    routing_key: str
    source: str
    message_id: str | None
    correlation_id: str | None
    customer_id: str | None
    cart_id: str | None
    properties: bytes
    body: bytes
    words: str
    """Words to be found by, with blanks between them."""

    asked_at: datetime
    failed_at: datetime
    replay_token: bytes | None = None
    is_repeat: bool = False
    """It may have been archived before, and nothing tells: no failure is added to an entry that is there."""

    @property
    def stored(self) -> tuple[Any, ...]:
        return self[:20]

    @property
    def counted(self) -> tuple[Any, ...]:
        return (*self[:6], self.body, self.failed_at, self.replay_token, self.is_repeat)


class Archived(NamedTuple):
    """Under which id a dead letter is archived, and since when it has failed."""

    dead_letter_id: str
    first_failed_at: datetime


class LetterFilter(NamedTuple):
    """Which dead letters: the first eight parameters of `list_dead_letters` and all others that filter."""

    states: Sequence[str] = UNRESOLVED
    code: str | None = None
    fingerprint: str | None = None
    customer_id: UUID | None = None
    cart_id: UUID | None = None
    source: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    text: str | None = None
    """A tsquery of words; see `query_of`."""


class DeadLetters:
    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def archive(self, letters: Sequence[DeadLetter], actor: str) -> list[Archived]:
        """Store each once, in one transaction; one that is there already has failed again.

        Raises:
            TransactionConflict, DataRejected: nothing was applied.
            DatabaseUnavailable: it may have been applied, and can be repeated.
        """
        async with acquired(self._pool) as connection, connection.transaction():
            waiting = list(enumerate(await _held(connection, letters)))
            done: dict[int, Archived] = {}
            while waiting:
                batch, waiting = _one_of_each(waiting)
                known = await _archive(connection, [letter for _, letter in batch], actor)
                entries = ((position, known.get(letter.dead_letter_id)) for position, letter in batch)
                done |= {position: entry for position, entry in entries if entry}
                waiting += [(each[0], _once_more(each[1], known)) for each in batch if each[0] not in done]
        return [done[position] for position in range(len(letters))]

    async def newest(self, wanted: LetterFilter, limit: int) -> list[Record]:
        """Newest failures first, without bodies."""
        async with acquired(self._pool) as connection, connection.transaction():
            ids = await _few_with_words(connection, wanted.text) if wanted.text else None
            wanted = wanted if ids is None else wanted._replace(text=None)
            rows = await connection.fetch(statement("list_dead_letters"), *wanted, limit, ids)
        return [dict(row) for row in rows]

    async def groups(
        self, states: Sequence[str], *, fingerprint: str | None = None, code: str | None = None, limit: int
    ) -> list[Record]:
        """What failed in the same way: how many, the oldest and the newest of each; the largest first."""
        return await fetched(self._pool, "dead_letter_groups", list(states), fingerprint, code, limit)

    async def find(self, name: str, limit: int = 2) -> list[Record]:
        """Whole dead letters with this id, with one that begins so, or whose message has it."""
        rows = await fetched(self._pool, "show_dead_letter", name, end_of_ids(name), limit)
        return [_with_json(row, "violations") for row in rows]

    async def history(self, dead_letter_id: str) -> list[Record]:
        """What was done to it, in order; also when it is pruned."""
        rows = await fetched(self._pool, "dead_letter_actions", dead_letter_id)
        return [_with_json(row, "details") for row in rows]

    async def pruned(self, name: str, limit: int) -> list[str]:
        """Ids that were pruned: with this id, or that begin so. Their history names no message."""
        rows = await fetched(self._pool, "pruned_dead_letters", name, end_of_ids(name), limit)
        return [row["dead_letter_id"] for row in rows]

    async def note(
        self,
        dead_letter_id: str,
        action: LetterAction,
        actor: str,
        why: str | None = None,
        details: Record | None = None,
    ) -> None:
        """Add to its history something that leaves its state as it is."""
        text = to_json(details).decode() if details else None
        async with acquired(self._pool) as connection:
            name = statement("note_dead_letter_action")
            await connection.execute(name, dead_letter_id, action, actor, why, text)

    async def prunable(self, states: Sequence[str], before: datetime) -> list[Record]:
        """How many of which state have been finished since before then."""
        return await fetched(self._pool, "prunable_dead_letters", list(states), before)

    async def prune(self, states: Sequence[str], before: datetime, actor: str, why: str | None) -> int:
        """Remove some that have been finished since before then; how many, 0: there are no more."""
        arguments = (list(states), before, PRUNED_AT_ONCE, actor, why)
        return await past_conflicts(partial(self._prune, *arguments))

    async def _prune(self, *arguments: object) -> int:
        async with acquired(self._pool) as connection:
            done = await connection.execute(statement("prune_dead_letters"), *arguments)
        return int(done.rpartition(" ")[2])

    async def count(self) -> int:
        """How many there are, of any state."""
        async with acquired(self._pool) as connection:
            return int(await connection.fetchval(statement("count_dead_letters")))


def end_of_ids(beginning: str) -> str | None:
    """What all ids that begin so are less than; None: it is not the beginning of one."""
    # No digit comes after f.
    return f"{beginning}g" if _BEGINNING.fullmatch(beginning) else None


async def _few_with_words(connection: Connection, query: str) -> list[str] | None:
    """The dead letters with these words; None: so many that reading from the newest on soon meets enough.

    PostgreSQL cannot know how rare a word is that it has no statistics of: a sample tells, then the index.
    """
    rows = []
    is_common = await _sampled(connection, query) >= _COMMON
    if not is_common:
        await connection.execute(statement("find_by_index"))
        rows = await connection.fetch(statement("dead_letters_with_words"), query, _FEW + 1)
    await connection.execute(statement("list_in_order"))
    return None if is_common or len(rows) > _FEW else [row["dead_letter_id"] for row in rows]


async def _sampled(connection: Connection, query: str) -> int:
    letters = int(await connection.fetchval(statement("count_dead_letters")))
    percent = min(100.0, 100.0 * _SAMPLE / max(letters, 1))
    return int(await connection.fetchval(statement("sampled_words"), query, percent))


async def _held(connection: Connection, letters: Sequence[DeadLetter]) -> list[DeadLetter]:
    """Hold the entries that are there, until the transaction ends.

    A replay that failed is the entry whose token it carries, whatever was edited in between.
    """
    named = [letter.dead_letter_id for letter in letters]
    tokens = [letter.replay_token for letter in letters if letter.replay_token]
    rows = await connection.fetch(statement("hold_dead_letters"), named, tokens)
    ids = {row["replay_token"]: row["dead_letter_id"] for row in rows if row["replay_token"]}
    return [
        letter._replace(dead_letter_id=ids.get(letter.replay_token, letter.dead_letter_id))
        for letter in letters
    ]


async def _archive(
    connection: Connection, letters: Sequence[DeadLetter], actor: str
) -> dict[str, Archived | None]:
    """What is stored now; None: another message is, under this id. Missing: what was pruned just now."""
    new = columns((letter.stored for letter in letters), width=20)
    rows = await connection.fetch(statement("archive_new"), *new, actor)
    known: dict[str, Archived | None] = {row["dead_letter_id"]: Archived(*row) for row in rows}
    there = [letter.counted for letter in letters if letter.dead_letter_id not in known]
    if there:
        rows = await connection.fetch(statement("archive_again"), *columns(there, width=10), actor)
        known |= {row["dead_letter_id"]: Archived(*row[:2]) if row["is_same"] else None for row in rows}
    return known


def _one_of_each(
    letters: Sequence[tuple[int, DeadLetter]],
) -> tuple[list[tuple[int, DeadLetter]], list[tuple[int, DeadLetter]]]:
    """The first of each id, and those that wait for the next round."""
    batch: dict[str, tuple[int, DeadLetter]] = {}
    later = [each for each in letters if batch.setdefault(each[1].dead_letter_id, each) is not each]
    return list(batch.values()), later


def _once_more(letter: DeadLetter, known: Collection[str]) -> DeadLetter:
    """With an id of its own where it carries the id of another one, as only a forged one does."""
    if letter.dead_letter_id not in known:
        return letter
    own = sha256(letter.dead_letter_id.encode() + letter.body).hexdigest()
    return letter._replace(dead_letter_id=own)


def _with_json(row: Record, column: str) -> Record:
    return row | {column: from_json(row[column]) if row[column] else None}
