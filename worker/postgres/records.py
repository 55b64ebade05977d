"""Rows as people and programs look at them, by the names of their columns."""

from typing import Any

from worker.postgres.pool import Pool, acquired
from worker.postgres.statements import statement

Record = dict[str, Any]


async def fetched(pool: Pool, name: str, *arguments: object) -> list[Record]:
    """What a named statement finds, in a transaction of its own."""
    async with acquired(pool) as connection:
        return [dict(row) for row in await connection.fetch(statement(name), *arguments)]
