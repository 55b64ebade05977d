"""What operators look up. These may scan."""

from typing import Any

import asyncpg
from pydantic_core import from_json

from worker.postgres.errors import fault_of
from worker.postgres.pool import Connection, Pool, acquired
from worker.postgres.records import Record, fetched
from worker.postgres.statements import statement


class Lookups:
    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def orders(self, customer_id: str | None, cart_id: str | None, limit: int) -> list[Record]:
        """Orders, newest first."""
        return await fetched(self._pool, "list_orders", customer_id, cart_id, limit)

    async def order(self, order_id: str) -> Any | None:
        """The order as published; None: there is no such order."""
        async with acquired(self._pool) as connection:
            content = await connection.fetchval(statement("show_order"), order_id)
        return from_json(content) if content else None

    async def carts(self, cart_id: str, customer_id: str | None) -> list[Record]:
        """Carts of this id; two customers may have one each."""
        rows = await fetched(self._pool, "show_cart", cart_id, customer_id)
        return [row | {"content": from_json(row["content"])} for row in rows]

    async def totals(self) -> Record:
        """How many checkouts ended how, and how many rows they left."""
        return (await fetched(self._pool, "totals"))[0]


async def writable_version(connection: Connection) -> str:
    """The version of the server. Raises: DatabaseUnavailable: it takes no writes."""
    (server,) = await connection.fetch(statement("server"))
    if server["is_read_only"]:
        raise fault_of(asyncpg.ReadOnlySQLTransactionError())
    return str(server["version"])
