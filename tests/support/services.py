"""Where the tests take RabbitMQ and PostgreSQL from: given ones, else containers, else embedded ones."""

import asyncio
import gc
import os
import warnings
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from typing import Final

import aiormq
import asyncpg
from docker.errors import DockerException  # type: ignore[import-untyped]
from testcontainers.core.container import DockerContainer
from testcontainers.core.docker_client import DockerClient
from yarl import URL

from tests.support.eventually import eventually
from worker.embedded import postgres, rabbitmq
from worker.embedded.services import Services

RABBITMQ_IMAGE: Final = "rabbitmq:4-management"
POSTGRESQL_IMAGE: Final = "postgres:17"
_AMQP_PORT: Final = 5672
_MANAGEMENT_PORT: Final = 15672
_POSTGRESQL_PORT: Final = 5432
_PASSWORD: Final = "checkout"  # noqa: S105 - of containers that live as long as the tests
_BOOT_SECONDS: Final = 90.0
# What a test stores need not outlive the machine.
HURRIED: Final = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


@dataclass(frozen=True, slots=True)
class Addresses:
    """The services of a test run. The role of `database_url` may create databases and roles."""

    amqp_url: str
    management_url: str
    database_url: str


@asynccontextmanager
async def running_services() -> AsyncIterator[Addresses]:
    """The services, for as long as the block lasts.

    Raises:
        MissingPackages: there is no other way to have services here; names the packages.
    """
    if given := _given():
        yield given
    elif _docker_serves():
        with _containers() as addresses:
            await eventually(lambda: _answer(addresses), within=_BOOT_SECONDS)
            yield addresses
    else:
        async with Services(postgres_settings=HURRIED) as services:
            addresses = addresses_of(services)
            await _let_make_roles(addresses.database_url)
            yield addresses


async def _let_make_roles(url: str) -> None:
    """The superuser of embedded services has the same password."""
    connection = await asyncpg.connect(str(URL(url).with_user("postgres")))
    try:
        await connection.execute("ALTER ROLE checkout CREATEROLE")
    finally:
        await connection.close()


def addresses_of(services: Services) -> Addresses:
    return Addresses(
        services.rabbitmq.amqp_url, services.rabbitmq.management_url, services.postgres.database_url
    )


def _given() -> Addresses | None:
    environment = os.environ  # noqa: TID251 - where the services are is no setting of the product
    amqp_url = environment.get("CHECKOUT_TEST_AMQP_URL")
    database_url = environment.get("CHECKOUT_TEST_DATABASE_URL")
    if not (amqp_url and database_url):
        return None
    management_url = environment.get("CHECKOUT_TEST_MANAGEMENT_URL") or _usual_management_url(amqp_url)
    return Addresses(amqp_url, management_url, database_url)


def _usual_management_url(amqp_url: str) -> str:
    broker = URL(amqp_url)
    usual = URL.build(
        scheme="http",
        user=broker.user or "guest",
        password=broker.password or "guest",
        host=broker.host or "localhost",
        port=_MANAGEMENT_PORT,
    )
    return str(usual)


def _docker_serves() -> bool:
    """An engine answers, and has the images, or there is nothing else to run: a download takes minutes."""
    with warnings.catch_warnings():
        # The client leaves its socket open where nobody answers.
        warnings.simplefilter("ignore", ResourceWarning)
        answers = _docker_answers()
        gc.collect()
    return answers


def _docker_answers() -> bool:
    try:
        client = DockerClient(timeout=3).client
    except DockerException:
        return False
    try:
        client.ping()
        there = {tag for image in client.images.list() for tag in image.tags}
        return {RABBITMQ_IMAGE, POSTGRESQL_IMAGE} <= there or not _packages_installed()
    except (DockerException, OSError):
        return False
    finally:
        client.close()


def _packages_installed() -> bool:
    return bool(rabbitmq.find_server() and postgres.find_binaries() and postgres.has_user())


@contextmanager
def _containers() -> Iterator[Addresses]:
    broker = (
        DockerContainer(RABBITMQ_IMAGE)
        .with_exposed_ports(_AMQP_PORT, _MANAGEMENT_PORT)
        .with_env("RABBITMQ_DEFAULT_USER", "checkout")
        .with_env("RABBITMQ_DEFAULT_PASS", _PASSWORD)
    )
    database = (
        DockerContainer(POSTGRESQL_IMAGE)
        .with_exposed_ports(_POSTGRESQL_PORT)
        .with_env("POSTGRES_USER", "checkout")
        .with_env("POSTGRES_PASSWORD", _PASSWORD)
        .with_command(["postgres", *(f"--{name}={value}" for name, value in HURRIED.items())])
    )
    with broker, database:
        yield Addresses(
            f"amqp://checkout:{_PASSWORD}@{_host_and_port(broker, _AMQP_PORT)}/",
            f"http://checkout:{_PASSWORD}@{_host_and_port(broker, _MANAGEMENT_PORT)}",
            f"postgresql://checkout:{_PASSWORD}@{_host_and_port(database, _POSTGRESQL_PORT)}/checkout",
        )


def _host_and_port(container: DockerContainer, port: int) -> str:
    return f"{container.get_container_host_ip()}:{container.get_exposed_port(port)}"


async def _answer(addresses: Addresses) -> bool:
    management = URL(addresses.management_url)
    try:
        broker = await aiormq.connect(addresses.amqp_url)
        await broker.close()
        _, writer = await asyncio.open_connection(management.host, management.port)
        writer.close()
        await writer.wait_closed()
        database = await asyncpg.connect(addresses.database_url)
        await database.close()
    except (OSError, aiormq.exceptions.AMQPError, asyncpg.PostgresError):
        return False
    return True
