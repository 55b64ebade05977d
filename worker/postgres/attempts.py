"""Attempts at redelivered messages. One that is still here when its message comes again ended a process."""

from collections.abc import Collection
from typing import Final

from worker.postgres.pool import Pool, acquired
from worker.postgres.statements import statement

KILLS: Final = 3
"""At so many unfinished attempts, the present one included, a message has ended three processes: its first
delivery is not noted."""


class Attempts:
    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def begin(self, message_hash: bytes, queue: str, message_id: str | None, worker_id: str) -> int:
        """Note that a message is begun; the number of attempts that are not finished, this one included."""
        async with acquired(self._pool) as connection:
            arguments = (message_hash, queue, message_id, worker_id)
            return int(await connection.fetchval(statement("begin_attempt"), *arguments))

    async def finish(self, message_hash: bytes) -> None:
        """The process outlived it."""
        async with acquired(self._pool) as connection:
            await connection.execute(statement("finish_attempt"), message_hash)

    async def forget(self, worker_id: str, begun: Collection[bytes] = ()) -> None:
        """Remove what this worker outlived, and what nobody came back to for a week.

        What it had `begun` may be another one's by now: the broker gives it away when a connection is lost.
        """
        async with acquired(self._pool) as connection:
            await connection.execute(statement("forget_attempts"), worker_id, KILLS, list(begun))
