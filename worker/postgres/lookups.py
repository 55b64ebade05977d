"""What operators look up. These may scan."""

from typing import Any
from uuid import UUID

from pydantic_core import from_json

from worker.postgres.pool import Pool, acquired
from worker.postgres.statements import statement

Record = dict[str, Any]


class Lookups:
    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def orders(self, customer_id: str | None, cart_id: str | None, limit: int) -> list[Record]:
        """Orders, newest first."""
        return await self._fetch("list_orders", customer_id, cart_id, limit)

    async def order(self, order_id: str) -> Any | None:
        """The order as published; None: there is no such order."""
        async with acquired(self._pool) as connection:
            content = await connection.fetchval(statement("show_order"), order_id)
        return from_json(content) if content else None

    async def carts(self, cart_id: str, customer_id: str | None) -> list[Record]:
        """Carts of this id; two customers may have one each."""
        rows = await self._fetch("show_cart", cart_id, customer_id)
        return [row | {"content": from_json(row["content"])} for row in rows]

    async def first_use(self, customer_id: UUID, message_id: str) -> Record | None:
        """When a message id was used first, for which cart, and how that ended; None: its outcome is gone."""
        return next(iter(await self._fetch("first_use", customer_id, message_id)), None)

    async def totals(self) -> Record:
        """How many checkouts ended how, and how many rows they left."""
        return (await self._fetch("totals"))[0]

    async def _fetch(self, name: str, *arguments: object) -> list[Record]:
        async with acquired(self._pool) as connection:
            return [dict(row) for row in await connection.fetch(statement(name), *arguments)]
