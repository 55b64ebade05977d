"""Every SQL statement fits the schema, and those of the message path use indexes in large tables."""

import json
from typing import Any, Final

import pytest

from tests.support.broker import Broker, Subscriber
from tests.support.carts import guid, requests
from tests.support.database import Database
from tests.support.eventually import eventually
from tests.support.in_process import consuming
from worker.postgres.pool import acquired, open_pool
from worker.postgres.statements import _statements, statement
from worker.settings import Settings

ROWS: Final = 50_000
LARGE: Final = ("carts", "outcomes", "orders")

FILL: Final = """
INSERT INTO carts (customer_id, cart_id, version, status, assigned, content, created_at, modified_at,
    expires_at)
SELECT md5(n::text)::uuid, md5(n::text)::uuid, 1, 'Ordered', '{"groups": {}, "currencies": {}}',
    '{"lineItems": []}', now(), now(), now()
FROM generate_series(1, 50000) AS n;
INSERT INTO checkouts (customer_id, message_id, cart_id, cart_version, content_hash, asked_at, event_id,
    event_type, event_time, source, correlation_id, body, publication, published_at)
SELECT md5(n::text)::uuid, n::text, md5(n::text)::uuid, 1, sha256('x'), now(), md5(n::text)::uuid,
    'checkout.completed', '', '', '', '', 'published', now()
FROM generate_series(1, 50000) AS n;
INSERT INTO cart_updates (customer_id, message_id, cart_id, cart_version, content_hash, asked_at, event_id,
    event_type, event_time, source, correlation_id, body, publication, published_at)
SELECT md5(n::text)::uuid, 'u' || n, md5(n::text)::uuid, 1, sha256('x'), now(), md5(n::text)::uuid,
    'cart.updated', '', '', '', '', 'published', now()
FROM generate_series(1, 50000) AS n;
INSERT INTO orders (customer_id, order_id, cart_id, order_group, message_id, content_hash, billing_cycle,
    currency_code, status, content, created_at)
SELECT md5(n::text)::uuid, md5(n::text)::uuid, md5(n::text)::uuid, 'a', n::text, sha256('x'), 'monthly',
    'USD', 'pending', '{}', now()
FROM generate_series(1, 50000) AS n;
"""


@pytest.mark.parametrize("name", sorted(_statements()))
async def test_a_statement_can_be_prepared(database: Database, name: str) -> None:
    pool = await open_pool(database.url, connections=1, application="tests")
    try:
        async with acquired(pool) as connection:
            await connection.prepare(statement(name))
    finally:
        await pool.close()


async def _scans(database: Database, name: str, *arguments: list[str]) -> list[tuple[str, str]]:
    """What a statement does to which table, as the message path plans it."""
    pool = await open_pool(database.url, connections=1, application="tests")
    try:
        async with acquired(pool) as connection:
            explained = await connection.fetchval(f"EXPLAIN (FORMAT JSON) {statement(name)}", *arguments)
    finally:
        await pool.close()
    return _nodes(json.loads(explained)[0]["Plan"])


def _nodes(plan: dict[str, Any]) -> list[tuple[str, str]]:
    own = [(plan["Node Type"], plan.get("Relation Name", ""))]
    return own + [node for below in plan.get("Plans", ()) for node in _nodes(below)]


@pytest.mark.parametrize("analyzed", [True, False], ids=["with-statistics", "without-statistics"])
@pytest.mark.parametrize("batch", [1, 100])
async def test_load_looks_large_tables_up_by_index(database: Database, batch: int, analyzed: bool) -> None:  # noqa: FBT001 - a parameter of pytest
    await database.execute(FILL)
    if analyzed:
        await database.execute("ANALYZE")
    scans = await _scans(database, "load", *([guid() for _ in range(batch)] for _ in range(3)))
    assert [node for node in scans if node[0] == "Seq Scan" and node[1] in LARGE] == []
    assert {table for kind, table in scans if kind.startswith("Index")} >= set(LARGE)


async def test_hold_looks_carts_up_by_index(database: Database) -> None:
    await database.execute(FILL)
    scans = await _scans(database, "hold", *([guid() for _ in range(100)] for _ in range(2)))
    assert {kind for kind, table in scans if table == "carts"} == {"Index Scan"}


async def test_a_worker_that_started_with_empty_tables_never_scans_large_ones(
    database: Database, broker: Broker, events: Subscriber, settings: Settings
) -> None:
    """Statements are planned once and kept: tables may grow below them."""
    read = "SELECT coalesce(sum(seq_tup_read), 0) FROM pg_stat_user_tables WHERE relname = ANY ($1)"
    # What autovacuum reads for the index of outcomes_created counts as well.
    await database.execute("ALTER TABLE outcomes SET (autovacuum_enabled = off)")
    async with consuming(settings):
        await broker.submit(*requests(300, "a"))
        await events.until(300)
        await database.execute(FILL)
        before = await database.value(read, LARGE)
        await broker.submit(*requests(300, "a", "b"))
        await events.until(600)
    # A connection hands its counts in when it ends.
    others = (
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
    )
    await eventually(lambda: database.value(others), lambda count: count == 0)
    assert int(await database.value(read, LARGE)) - int(before) < ROWS
