"""Fixtures of all tests that need services. Each test gets a database of its own and empty queues."""

import signal
from collections.abc import AsyncIterator
from pathlib import Path
from secrets import token_hex

import pytest
from yarl import URL

from tests.support.broker import Broker, Subscriber, connected_broker
from tests.support.command_line import CommandLine
from tests.support.database import Database, Databases
from tests.support.in_process import consuming, settings_for
from tests.support.management import ManagementApi
from tests.support.services import Addresses, running_services
from tests.support.worker_process import Workers, workers_for
from worker.amqp.connection import connected, open_channel
from worker.amqp.topology import apply, topology_for
from worker.embedded.services import MissingPackages
from worker.settings import Settings
from worker.status import Status


def pytest_configure() -> None:
    """A shell has SIGINT ignored by what it runs in the background, and by all that this starts."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
async def services() -> AsyncIterator[Addresses]:
    """RabbitMQ with the topology applied, and PostgreSQL."""
    try:
        async with running_services() as addresses:
            async with connected(addresses.amqp_url, "tests") as connection:
                channel = await open_channel(connection)
                await apply(channel, topology_for(channel))
            yield addresses
    except MissingPackages as missing:
        pytest.fail(f"These tests need RabbitMQ and PostgreSQL. {missing}", pytrace=False)


@pytest.fixture(scope="session")
async def databases(services: Addresses) -> AsyncIterator[Databases]:
    made = Databases(services.database_url)
    async with made.template():
        yield made


@pytest.fixture
async def database(databases: Databases) -> AsyncIterator[Database]:
    """A migrated database with the tests' catalog."""
    async with databases.migrated() as url, Database(url) as made:
        yield made


@pytest.fixture
async def empty_database(databases: Databases) -> AsyncIterator[Database]:
    """A database without any schema."""
    async with databases.empty() as url, Database(url) as made:
        yield made


@pytest.fixture
async def broker(services: Addresses) -> AsyncIterator[Broker]:
    """The broker, with empty queues."""
    async with connected_broker(services.amqp_url) as connected_one:
        await connected_one.purge()
        yield connected_one


@pytest.fixture
async def events(broker: Broker) -> Subscriber:
    """All events from now on."""
    return await broker.subscribe()


@pytest.fixture
def management(services: Addresses) -> ManagementApi:
    return ManagementApi(services.management_url)


@pytest.fixture
def settings(services: Addresses, database: Database) -> Settings:
    return settings_for(services.amqp_url, database.url, management_url=services.management_url)


@pytest.fixture
async def worker(settings: Settings, broker: Broker) -> AsyncIterator[Status]:  # noqa: ARG001 - purged first
    """A worker in this process, consuming."""
    async with consuming(settings) as status:
        yield status


@pytest.fixture
async def workers(
    services: Addresses,
    database: Database,
    broker: Broker,  # noqa: ARG001 - purged first
    tmp_path: Path,
) -> AsyncIterator[Workers]:
    """Workers in processes of their own."""
    async with workers_for(services.amqp_url, database.url, tmp_path) as started:
        yield started


@pytest.fixture
def command_line(services: Addresses, database: Database, tmp_path: Path) -> CommandLine:
    """The console script, with all URLs set."""
    return CommandLine(
        {
            "CHECKOUT_AMQP_URL": services.amqp_url,
            "CHECKOUT_DATABASE_URL": database.url,
            "CHECKOUT_MANAGEMENT_URL": services.management_url,
        },
        tmp_path,
    )


@pytest.fixture
async def vhost(services: Addresses, management: ManagementApi) -> AsyncIterator[str]:
    """The AMQP URL of a virtual host without any topology."""
    name = f"checkout-test-{token_hex(6)}"
    await management.make_vhost(name)
    yield str(URL(services.amqp_url).with_path(f"/{name}"))
    await management.delete_vhost(name)
