"""The stored catalog."""

from collections.abc import Callable, Mapping, Sequence
from typing import Final

from pydantic_core import from_json

from contracts.catalog import CatalogLine
from worker.checkout.catalog import CatalogItem, ProvisioningVariable
from worker.postgres.pool import Pool, acquired
from worker.postgres.statements import statement

_LINES_AT_A_TIME: Final = 5_000


class CatalogItems:
    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def revision(self) -> int:
        """Counts imports: as long as it stays, so does the catalog."""
        async with acquired(self._pool) as connection:
            return int(await connection.fetchval(statement("revision")))

    async def load(self) -> Mapping[str, CatalogItem]:
        async with acquired(self._pool) as connection:
            rows = await connection.fetch(statement("items"))
        items = (_item(CatalogLine.model_validate(from_json(row["content"]))) for row in rows)
        return {item.catalog_item_id: item for item in items}

    async def count(self) -> int:
        async with acquired(self._pool) as connection:
            return int(await connection.fetchval(statement("count_items")))

    async def list(self, limit: int) -> "list[CatalogLine]":
        async with acquired(self._pool) as connection:
            rows = await connection.fetch(statement("list_items"), limit)
        return [CatalogLine.model_validate(from_json(row["content"])) for row in rows]

    async def replace(self, lines: Sequence[CatalogLine], progress: Callable[[int], None]) -> int:
        """Put these items in the place of all others, at once; gives the new revision."""
        async with acquired(self._pool) as connection, connection.transaction():
            await connection.execute(statement("clear_items"))
            for start in range(0, len(lines), _LINES_AT_A_TIME):
                part = lines[start : start + _LINES_AT_A_TIME]
                ids = [line.catalog_item_id for line in part]
                contents = [line.to_json().decode() for line in part]
                await connection.execute(statement("insert_items"), ids, contents)
                progress(len(part))
            return int(await connection.fetchval(statement("next_revision")))


def _item(line: CatalogLine) -> CatalogItem:
    return CatalogItem(
        catalog_item_id=line.catalog_item_id,
        title=line.title,
        on_sale=line.on_sale,
        minimum_quantity=line.minimum_quantity,
        maximum_quantity=line.maximum_quantity,
        billing_cycles=tuple(line.billing_cycles),
        terms=tuple(line.terms),
        currencies=tuple(line.currencies),
        is_addon=line.is_addon,
        prerequisites=tuple(line.prerequisites),
        provisioning_variables=tuple(
            ProvisioningVariable(each.key, each.required, tuple(each.values))
            for each in line.provisioning_variables
        ),
        enforce_attestation=line.enforce_attestation,
        promotions=tuple(line.promotions),
    )
