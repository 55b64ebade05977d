"""What a customer owns of an add-on's base is counted as far as it matters, however much it is."""

from collections.abc import AsyncIterator
from typing import Any, Final

import pytest
from pydantic_core import from_json

from tests.builders import (
    CART,
    CUSTOMER,
    ITEM,
    OTHER_CART,
    a_cart,
    a_catalog,
    a_catalog_item,
    a_checkout,
    a_command,
    a_line,
)
from tests.support.carts import SEATS, STORAGE, guid
from tests.support.database import Database
from worker.postgres.checkouts import BatchStore
from worker.postgres.pool import Connection, acquired, open_pool
from worker.postgres.statements import statement

ADD: Final = """
WITH made AS (
    INSERT INTO orders (customer_id, order_id, cart_id, order_group, message_id, content_hash, billing_cycle,
        currency_code, status, content, created_at)
    SELECT $1, gen_random_uuid(), $2, n::text, 'm', sha256('x'), 'monthly', 'USD', 'pending', '{}', now()
    FROM generate_series(1, $3) AS n
    RETURNING customer_id, order_id
)
INSERT INTO order_line_items SELECT customer_id, order_id, 0, $4, 2, 'P1M' FROM made
"""


@pytest.fixture
async def connection(database: Database) -> AsyncIterator[Connection]:
    pool = await open_pool(database.url, connections=1, application="tests")
    async with acquired(pool) as acquired_one:
        yield acquired_one
    pool.terminate()


def wanted(item: str, enough: int) -> tuple[list[Any], ...]:
    return [CUSTOMER], [CART], [item], [enough]


@pytest.mark.parametrize(("enough", "told"), [(1, 2), (3, 6), (10, 20), (11, 20), (21, 20), (2**40, 20)])
async def test_seats_of_other_carts_are_counted_until_they_are_enough(
    database: Database, connection: Connection, enough: int, told: int
) -> None:
    await database.execute(ADD, CUSTOMER, OTHER_CART, 10, SEATS)
    await database.execute(ADD, CUSTOMER, CART, 5, SEATS)
    await database.execute(ADD, guid(), OTHER_CART, 5, SEATS)
    (row,) = await connection.fetch(statement("owned"), *wanted(SEATS, enough))
    assert (row["catalog_item_id"], row["seats"]) == (SEATS, told)
    assert await connection.fetch(statement("owned"), *wanted(STORAGE, enough)) == []


async def test_no_more_orders_are_read_than_seats_are_needed(
    database: Database, connection: Connection
) -> None:
    await database.execute(ADD, CUSTOMER, OTHER_CART, 20_000, SEATS)
    await database.execute("ANALYZE")
    explain = f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {statement('owned')}"
    (explained,) = from_json(await connection.fetchval(explain, *wanted(SEATS, 10)))
    assert explained["Plan"]["Shared Hit Blocks"] + explained["Plan"]["Shared Read Blocks"] < 500


async def test_a_cart_is_loaded_with_as_many_seats_as_its_add_ons_may_need(
    database: Database, connection: Connection
) -> None:
    await database.execute(ADD, CUSTOMER, OTHER_CART, 10, ITEM)
    add_on = a_catalog_item("add-on", is_addon=True, prerequisites=(ITEM,))
    command = a_command(a_checkout(a_cart(a_line(catalogItemId="add-on", quantity=3))))
    (situation,) = await BatchStore(connection).load([command], a_catalog(a_catalog_item(), add_on))
    assert situation.owned == {ITEM: 6}
