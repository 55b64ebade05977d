"""The catalog in memory, kept like the stored one."""

import asyncio
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import Final

import structlog

from worker.checkout.catalog import Catalog
from worker.checkout.shared_items import Row, SharedItems
from worker.postgres.catalog_feed import CatalogFeed, StoredCatalog
from worker.postgres.catalog_reading import CatalogReading
from worker.telemetry import LogEvent

# An import is told of at once; this is for where it could not be.
CHECK_SECONDS: Final = 10.0
_BATCH_SECONDS: Final = 0.2
_FREED_AT_A_TIME: Final = 2_000
_IDS_IN_THE_LOG: Final = 5
_CURE: Final = "checkout catalog import FILE"

log = structlog.get_logger()


class CatalogFollower:
    """Reads the stored catalog after each import, page by page beside all other work."""

    def __init__(
        self,
        listening: Callable[[], AbstractAsyncContextManager[CatalogFeed]],
        *,
        is_open: bool,
        default_currency: str,
    ) -> None:
        self._listening = listening
        self._revision: int | None = None
        self._items = SharedItems({})
        self._catalog = Catalog(self._items, is_open, default_currency)
        self._usable = asyncio.Event()
        if is_open:
            self._usable.set()

    @property
    def catalog(self) -> Catalog:
        return self._catalog

    @property
    def is_usable(self) -> bool:
        return self._usable.is_set()

    async def wait_until_usable(self) -> None:
        """Wait for items, unless the catalog is open: an enforced one without any would fail every cart."""
        await self._usable.wait()

    async def run(self) -> None:
        """Follow for ever; an open catalog has nothing to follow.

        Raises:
            DatabaseUnavailable: run it again; the catalog stays usable meanwhile.
        """
        if self._catalog.is_open:
            return
        async with self._listening() as feed:
            while True:
                # Looked at after every wait and every connect, no import is missed, told of or not.
                if await feed.revision() != self._revision:
                    await self._follow(feed)
                await feed.news(within=CHECK_SECONDS)

    async def _follow(self, feed: CatalogFeed) -> None:
        async with feed.stored() as stored:
            items = await _read(stored, self._items)
        self._revision = stored.revision
        if items:
            former, self._items = self._items.rows(), items
            self._catalog = Catalog(items, self._catalog.is_open, self._catalog.default_currency)
            self._usable.set()
            log.info(LogEvent.CATALOG_LOADED, items=len(items), revision=self._revision)
            await _free(former)
        elif self._items:
            log.error(LogEvent.CATALOG_KEPT, because="the stored one has no items", cure=_CURE)
        else:
            log.warning(LogEvent.WAITING_FOR_CATALOG, cure=_CURE)


async def _read(stored: StoredCatalog, former: SharedItems) -> SharedItems:
    """All items that can be read; of the others carts hear that they are not in the catalog."""
    reading = CatalogReading(former)
    async for page in stored.pages:
        reading.add(page)
    if ids := reading.unreadable:
        log.error(LogEvent.CATALOG_UNREADABLE, items=len(ids), first=ids[:_IDS_IN_THE_LOG], cure=_CURE)
    return reading.items()


async def _free(rows: list[Row]) -> None:
    """Give a catalog back bit by bit: all at once would hold up the messages."""
    # What a batch began with the old catalog, it ends with it.
    await asyncio.sleep(_BATCH_SECONDS)
    while rows:
        del rows[-_FREED_AT_A_TIME:]
        await asyncio.sleep(0)
