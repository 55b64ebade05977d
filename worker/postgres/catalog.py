"""The stored catalog, as the command line sees and replaces it."""

from collections.abc import Callable, Sequence
from typing import Any, Final, NamedTuple

from pydantic_core import from_json

from contracts.catalog import CatalogLine
from worker.postgres.pool import Pool, acquired
from worker.postgres.statements import statement

_ROWS_AT_A_TIME: Final = 10_000


class ItemRow(NamedTuple):
    """An item as it is stored."""

    catalog_item_id: str
    content: str

    @classmethod
    def of(cls, line: CatalogLine) -> "ItemRow":
        return cls(line.catalog_item_id, line.to_json().decode())


class CatalogItems:
    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def count(self) -> int:
        async with acquired(self._pool) as connection:
            return int(await connection.fetchval(statement("count_items")))

    async def list(self, limit: int, *, item: str | None = None, search: str | None = None) -> "list[Any]":
        """Items by id, as they are stored: all, one, or those with a text in id or title."""
        async with acquired(self._pool) as connection:
            rows = await connection.fetch(statement("list_items"), limit, item, search)
        return [from_json(row["content"]) for row in rows]

    async def replace(self, rows: Sequence[ItemRow], progress: Callable[[int], None] = lambda _: None) -> int:
        """Put these items in the place of all others, at once; gives the new revision.

        Imports at the same time wait for each other. Readers see the former items until the end.
        """
        async with acquired(self._pool) as connection, connection.transaction():
            revision = int(await connection.fetchval(statement("next_revision")))
            await connection.execute(statement("clear_items"))
            for start in range(0, len(rows), _ROWS_AT_A_TIME):
                part = rows[start : start + _ROWS_AT_A_TIME]
                await connection.copy_records_to_table("catalog_items", records=part, columns=ItemRow._fields)
                progress(len(part))
            return revision
