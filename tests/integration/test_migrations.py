"""Migrations: from nothing to the newest schema, once, whoever applies them; and what is refused."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from tests.support.broker import Broker, Subscriber
from tests.support.carts import a_request
from tests.support.database import Database, prepare
from tests.support.in_process import consuming, settings_for
from tests.support.services import Addresses
from tests.support.worker_process import Workers, workers_for
from worker.errors import SchemaMismatch
from worker.postgres.migrate import check_schema, migrate, migrations
from worker.postgres.pool import Connection, acquired, open_pool
from worker.settings import Settings


@asynccontextmanager
async def _connection(url: str) -> AsyncIterator[Connection]:
    pool = await open_pool(url, connections=1, application="tests")
    try:
        async with acquired(pool) as connection:
            yield connection
    finally:
        await pool.close()


async def _migrate(url: str) -> list[int]:
    async with _connection(url) as connection:
        return [each.version for each in await migrate(connection)]


KNOWN = [each.version for each in migrations()]
DRIFT = "UPDATE schema_migrations SET checksum = 'other' WHERE version = 1"
NEWER = "INSERT INTO schema_migrations (version, name, checksum) VALUES (9999, 'future', 'x')"


async def test_an_empty_database_is_brought_to_the_newest_schema(empty_database: Database) -> None:
    assert await _migrate(empty_database.url) == KNOWN
    async with _connection(empty_database.url) as connection:
        await check_schema(connection)
    rows = await empty_database.rows("SELECT version, checksum FROM schema_migrations ORDER BY version")
    assert [tuple(row.values()) for row in rows] == [(each.version, each.checksum) for each in migrations()]


async def test_a_second_migration_changes_nothing(empty_database: Database) -> None:
    await _migrate(empty_database.url)
    before = await empty_database.rows("SELECT * FROM schema_migrations")
    assert await _migrate(empty_database.url) == []
    assert await empty_database.rows("SELECT * FROM schema_migrations") == before


async def test_four_migrations_at_once_apply_each_file_once(empty_database: Database) -> None:
    applied = await asyncio.gather(*(_migrate(empty_database.url) for _ in range(4)))
    assert sorted(applied) == [[], [], [], KNOWN]


async def test_a_migration_that_was_interrupted_is_taken_up_where_it_stopped(
    empty_database: Database,
) -> None:
    await _migrate(empty_database.url)
    await empty_database.execute("DROP TABLE workers")
    await empty_database.execute("DELETE FROM schema_migrations WHERE name = 'workers'")
    assert await _migrate(empty_database.url) == [
        each.version for each in migrations() if each.name == "workers"
    ]
    assert await empty_database.count("workers") == 0


@pytest.mark.parametrize("change", [DRIFT, NEWER], ids=["edited-file", "newer-database"])
async def test_a_schema_of_other_making_is_refused_and_left_alone(database: Database, change: str) -> None:
    await database.execute(change)
    before = await database.rows("SELECT * FROM schema_migrations ORDER BY version")
    async with _connection(database.url) as connection:
        with pytest.raises(SchemaMismatch):
            await check_schema(connection)
        with pytest.raises(SchemaMismatch):
            await migrate(connection)
    assert await database.rows("SELECT * FROM schema_migrations ORDER BY version") == before


@pytest.mark.parametrize("change", [DRIFT, NEWER], ids=["edited-file", "newer-database"])
async def test_a_worker_does_not_consume_from_a_schema_of_other_making(
    database: Database, broker: Broker, settings: Settings, change: str
) -> None:
    await database.execute(change)
    with pytest.raises(SchemaMismatch):
        async with consuming(settings):
            pass
    assert await broker.consumers() == 0


@pytest.fixture
async def unprepared(
    services: Addresses,
    empty_database: Database,
    broker: Broker,  # noqa: ARG001 - purged first
    tmp_path_factory: pytest.TempPathFactory,
) -> AsyncIterator[Workers]:
    """Workers whose database has no schema."""
    directory = tmp_path_factory.mktemp("unprepared")
    async with workers_for(services.amqp_url, empty_database.url, directory) as workers:
        yield workers


async def test_a_worker_waits_for_the_schema_and_then_works(
    empty_database: Database, broker: Broker, events: Subscriber, unprepared: Workers
) -> None:
    await broker.submit(a_request("a"))
    worker = await unprepared.launch()
    await worker.until_logged("worker.session-lost")
    assert (await broker.consumers(), await broker.ready()) == (0, 1)

    await prepare(empty_database.url)
    await events.until(1)
    assert await empty_database.count("orders") == 1
    assert await worker.stop() == 0


async def test_settings_of_a_role_do_not_matter_to_a_migration(
    services: Addresses, empty_database: Database
) -> None:
    """Migrations name no schema: they go where the search path of the connection points."""
    await empty_database.execute("CREATE SCHEMA shop")
    name = empty_database.url.rpartition("/")[2]
    await empty_database.execute(f'ALTER DATABASE "{name}" SET search_path = shop')
    assert await _migrate(empty_database.url) == KNOWN
    found = await empty_database.value("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'")
    assert found == 0
    async with _connection(empty_database.url) as connection:
        await check_schema(connection)
    assert settings_for(services.amqp_url, empty_database.url).database == empty_database.url
