"""PostgreSQL as the tests see it: a database for each test, made from a migrated template."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from secrets import token_hex
from typing import Any, Final, Self
from urllib.parse import urlsplit, urlunsplit

import asyncpg

from tests.support.carts import CATALOG
from worker.postgres.catalog import CatalogItems, ItemRow
from worker.postgres.migrate import migrate
from worker.postgres.pool import acquired, open_pool

_LEAVE: Final = """
SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity
WHERE datname = '{}' AND usename = current_user
"""


class Database:
    """One database and a connection to it, which is made again where the server was away."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._connection: asyncpg.Connection | None = None
        self._turn = asyncio.Lock()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._connection is not None:
            await self._connection.close()

    async def rows(self, sql: str, *arguments: object) -> list[dict[str, Any]]:
        async with self._turn:
            return [dict(row) for row in await (await self._connected()).fetch(sql, *arguments)]

    async def value(self, sql: str, *arguments: object) -> Any:
        async with self._turn:
            return await (await self._connected()).fetchval(sql, *arguments)

    async def execute(self, sql: str, *arguments: object) -> None:
        async with self._turn:
            await (await self._connected()).execute(sql, *arguments)

    async def count(self, table: str) -> int:
        return int(await self.value(f"SELECT count(*) FROM {table}"))  # noqa: S608 - a name from a test

    async def counts(self) -> dict[str, int]:
        """How many rows the message path left."""
        tables = ("carts", "checkouts", "orders", "order_line_items", "order_errors")
        return {table: await self.count(table) for table in tables}

    async def _connected(self) -> asyncpg.Connection:
        if self._connection is None or self._connection.is_closed():
            self._connection = await asyncpg.connect(self.url)
        return self._connection


class Databases:
    """Makes databases on one server, and drops them again."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._template = ""

    @asynccontextmanager
    async def template(self) -> AsyncIterator[None]:
        """Migrate a database and import the tests' catalog, once for all tests."""
        async with self.empty() as url:
            await prepare(url)
            self._template = url.rpartition("/")[2]
            yield

    @asynccontextmanager
    async def migrated(self) -> AsyncIterator[str]:
        async with self._made(f"TEMPLATE {self._template}") as url:
            yield url

    @asynccontextmanager
    async def empty(self) -> AsyncIterator[str]:
        async with self._made("TEMPLATE template0") as url:
            yield url

    @asynccontextmanager
    async def _made(self, how: str) -> AsyncIterator[str]:
        name = f"checkout_test_{token_hex(6)}"
        await self._execute(f"CREATE DATABASE {name} {how}")
        try:
            yield urlunsplit(urlsplit(self._url)._replace(path=f"/{name}"))
        finally:
            # A drop WITH (FORCE) is refused while autovacuum, which is not ours to end, is in the database.
            await self._execute(_LEAVE.format(name))
            await self._execute(f"DROP DATABASE {name}")

    async def _execute(self, sql: str) -> None:
        connection = await asyncpg.connect(self._url)
        try:
            await connection.execute(sql)
        finally:
            await connection.close()


async def prepare(url: str) -> None:
    """Bring a database to the newest schema and give it the tests' catalog."""
    pool = await open_pool(url, connections=1, application="tests")
    try:
        async with acquired(pool) as connection:
            await migrate(connection)
        await CatalogItems(pool).replace([ItemRow.of(line) for line in CATALOG])
    finally:
        await pool.close()
