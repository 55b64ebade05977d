"""A running worker follows the stored catalog, told of changes or not, and whatever it finds there."""

import pytest

from tests.support.broker import Broker, Subscriber
from tests.support.carts import STORAGE
from tests.support.catalog import LISTENERS, Orders, an_item, change_silently, import_items
from tests.support.database import Database
from tests.support.eventually import WITHIN_SECONDS, eventually
from tests.support.in_process import consuming
from worker import catalog_follower
from worker.settings import Settings

# A change that is told of has to be seen long before the next look without being told.
TOLD_WITHIN = catalog_follower.CHECK_SECONDS / 2
COMPLETED, FAILED = "checkout.completed", "checkout.failed"


@pytest.fixture
def orders(broker: Broker, events: Subscriber) -> Orders:
    return Orders(broker, events)


@pytest.mark.usefixtures("worker")
async def test_an_unknown_item_is_ordered_after_its_import_without_a_restart(
    orders: Orders, database: Database
) -> None:
    assert await orders.outcome("new") == FAILED
    await import_items(database, an_item("new"))
    await orders.until(COMPLETED, "new", within=TOLD_WITHIN)
    await import_items(database)
    await orders.until(FAILED, "new", within=TOLD_WITHIN)


@pytest.mark.usefixtures("worker")
async def test_a_lost_listener_comes_back_and_misses_nothing(orders: Orders, database: Database) -> None:
    (lost,) = await eventually(lambda: database.rows(LISTENERS))
    await database.execute("SELECT pg_terminate_backend($1, 5000)", lost["pid"])
    await import_items(database, an_item("meanwhile"))
    await orders.until(COMPLETED, "meanwhile", within=catalog_follower.CHECK_SECONDS)

    (again,) = await eventually(lambda: database.rows(LISTENERS))
    assert again != lost
    await import_items(database, an_item("afterwards"))
    await orders.until(COMPLETED, "afterwards", within=TOLD_WITHIN)


async def test_a_change_that_nobody_is_told_of_is_found(
    monkeypatch: pytest.MonkeyPatch, settings: Settings, orders: Orders, database: Database
) -> None:
    monkeypatch.setattr(catalog_follower, "CHECK_SECONDS", 0.1)
    async with consuming(settings):
        assert await orders.outcome(STORAGE) == COMPLETED
        await change_silently(database, "DELETE FROM catalog_items WHERE content ->> 'title' = 'Storage'")
        await orders.until(FAILED, STORAGE, within=WITHIN_SECONDS)


@pytest.mark.usefixtures("worker")
async def test_an_item_that_cannot_be_read_is_not_sold_and_harms_no_other(
    orders: Orders, database: Database
) -> None:
    await import_items(database, an_item("new"))
    await orders.until(COMPLETED, "new", within=TOLD_WITHIN)
    await change_silently(
        database, "UPDATE catalog_items SET content = '{}' WHERE content ->> 'title' = 'Storage'"
    )
    await database.execute("NOTIFY checkout_catalog")
    await orders.until(FAILED, STORAGE, within=TOLD_WITHIN)
    assert await orders.outcome("new") == COMPLETED
