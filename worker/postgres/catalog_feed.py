"""One connection that hears of imports, and reads what they left."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Final

import asyncpg

from worker.errors import DatabaseUnavailable
from worker.postgres.pool import own_connection
from worker.postgres.statements import statement

CHANNEL: Final = "checkout_catalog"
# Few enough that other work never waits long for one page to be read.
_PAGE: Final = 500


@dataclass(frozen=True, slots=True)
class StoredCatalog:
    """The catalog as one import left it, whatever is imported meanwhile."""

    revision: int
    pages: AsyncIterator[list[tuple[str, str]]]
    """Id and content of all items."""


@asynccontextmanager
async def listening(url: str, application: str) -> AsyncIterator["CatalogFeed"]:
    """Listen for imports, on a connection of its own. Raises: DatabaseUnavailable, in the block too."""
    async with own_connection(url, application=application) as connection:
        feed = CatalogFeed(connection)
        await feed.listen()
        yield feed


class CatalogFeed:
    def __init__(self, connection: asyncpg.Connection) -> None:
        self._connection = connection
        self._told = asyncio.Event()

    async def listen(self) -> None:
        self._connection.add_termination_listener(self._tell)
        await self._connection.add_listener(CHANNEL, self._tell)

    async def news(self, within: float) -> None:
        """Wait until an import is told of, or so many seconds have passed.

        Raises:
            DatabaseUnavailable: the connection is lost, and with it what it would have heard.
        """
        with suppress(TimeoutError):
            async with asyncio.timeout(within):
                await self._told.wait()
        self._told.clear()
        if self._connection.is_closed():
            raise DatabaseUnavailable("The connection that hears of imports is lost")

    async def revision(self) -> int:
        """Counts imports: as long as it stays, so does the catalog."""
        return int(await self._connection.fetchval(statement("revision")))

    @asynccontextmanager
    async def stored(self) -> AsyncIterator[StoredCatalog]:
        async with self._connection.transaction(isolation="repeatable_read", readonly=True):
            yield StoredCatalog(await self.revision(), self._pages())

    async def _pages(self) -> AsyncIterator[list[tuple[str, str]]]:
        cursor = await self._connection.cursor(statement("items"))
        while rows := await cursor.fetch(_PAGE):
            yield [(row["catalog_item_id"], row["content"]) for row in rows]

    def _tell(self, *_: object) -> None:
        self._told.set()
