"""Changing the stored catalog while a worker runs."""

from typing import Any

from contracts.catalog import CatalogLine
from tests.support.broker import Broker, Subscriber
from tests.support.carts import CATALOG, Request, a_line
from tests.support.database import Database
from tests.support.eventually import eventually
from worker.postgres.catalog import CatalogItems, ItemRow
from worker.postgres.pool import open_pool

LISTENERS = """
SELECT pid FROM pg_stat_activity
WHERE application_name LIKE 'catalog of %' AND datname = current_database() AND state = 'idle'
"""


def an_item(catalog_item_id: str, **members: Any) -> CatalogLine:
    usual = {"title": "T", "billingCycles": ["monthly"], "currencies": ["USD"]}
    return CatalogLine.model_validate({"catalogItemId": catalog_item_id} | usual | members)


async def import_items(database: Database, *items: CatalogLine) -> None:
    """Import the tests' catalog with these items added."""
    pool = await open_pool(database.url, connections=1, application="tests")
    try:
        await CatalogItems(pool).replace([ItemRow.of(item) for item in (*CATALOG, *items)])
    finally:
        await pool.close()


async def change_silently(database: Database, *statements: str) -> None:
    """Change the catalog, and tell nobody."""
    counted = "UPDATE catalog_revision SET revision = revision + 1"
    await database.execute("; ".join(("BEGIN", *statements, counted, "COMMIT")))


class Orders:
    """Asks a worker for one item after the other."""

    def __init__(self, broker: Broker, events: Subscriber) -> None:
        self._broker = broker
        self._events = events

    async def outcome(self, catalog_item_id: str) -> str | None:
        """What a cart with this item leads to."""
        line = a_line("a", catalog_item_id, termDuration=None)
        heard = len(self._events.messages)
        await self._broker.submit(Request(lines=[line]))
        return (await self._events.until(heard + 1))[-1].properties.message_type

    async def until(self, outcome: str, catalog_item_id: str, within: float) -> None:
        """Ask again and again until a cart with this item leads to this."""
        await eventually(lambda: self.outcome(catalog_item_id), lambda seen: seen == outcome, within=within)
