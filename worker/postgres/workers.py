"""The workers that are at work, each with its row."""

from typing import NamedTuple

from worker.postgres.pool import Pool, acquired
from worker.postgres.statements import statement


class Beat(NamedTuple):
    """A sign of life: who, which version, in which state, how much settled, how fast."""

    worker_id: str
    version: str
    state: str
    settled: int
    per_second: float


class Workers:
    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def beat(self, beat: Beat) -> None:
        async with acquired(self._pool) as connection:
            await connection.execute(statement("beat"), *beat)

    async def forget_lost(self) -> None:
        """Delete rows of workers that were not seen for a day."""
        async with acquired(self._pool) as connection:
            await connection.execute(statement("forget_workers"))
