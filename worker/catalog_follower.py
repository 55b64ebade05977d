"""The catalog in memory, kept like the stored one."""

import asyncio
from typing import Final

import structlog

from worker.checkout.catalog import Catalog
from worker.postgres.catalog import CatalogItems
from worker.telemetry import LogEvent

CHECK_SECONDS: Final = 2.0

log = structlog.get_logger()


class CatalogFollower:
    def __init__(self, items: CatalogItems, *, is_open: bool, default_currency: str) -> None:
        self._items = items
        self._revision: int | None = None
        self._catalog = Catalog({}, is_open, default_currency)

    @property
    def catalog(self) -> Catalog:
        return self._catalog

    @property
    def is_usable(self) -> bool:
        """An enforced catalog without items would fail every cart."""
        return self._catalog.is_open or bool(self._catalog.items)

    async def refresh(self) -> None:
        """Load the catalog if it was imported anew. Open: there is none to check against."""
        if self._catalog.is_open:
            return
        revision = await self._items.revision()
        if revision == self._revision:
            return
        items = await self._items.load()
        self._catalog = Catalog(items, self._catalog.is_open, self._catalog.default_currency)
        self._revision = revision
        log.info(LogEvent.CATALOG_LOADED, items=len(items), revision=revision)

    async def wait_until_usable(self) -> None:
        """Wait for an import, unless the catalog is open or has items."""
        await self.refresh()
        if not self.is_usable:
            log.warning(LogEvent.WAITING_FOR_CATALOG, cure="checkout catalog import FILE")
        while not self.is_usable:
            await asyncio.sleep(CHECK_SECONDS)
            await self.refresh()

    async def run(self) -> None:
        while True:
            await asyncio.sleep(CHECK_SECONDS)
            await self.refresh()
