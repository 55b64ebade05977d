"""What runs during the demonstration and the measurements, started and stopped together."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from tempfile import TemporaryDirectory

from aiormq.channel import Channel

from contracts.catalog import CatalogLine
from worker.amqp.connection import connected, open_channel
from worker.amqp.topology import apply, topology_for
from worker.demo.worker_process import WorkerProcess
from worker.embedded.ports import free_ports
from worker.embedded.services import Services
from worker.postgres.catalog import CatalogItems, ItemRow
from worker.postgres.migrate import migrate
from worker.postgres.pool import Pool, acquired, open_pool


@dataclass(frozen=True, slots=True)
class Stage:
    services: Services
    channel: Channel
    pool: Pool

    @property
    def environment(self) -> dict[str, str]:
        """The settings by which any `checkout` command finds these services."""
        return {
            "CHECKOUT_AMQP_URL": self.services.rabbitmq.amqp_url,
            "CHECKOUT_DATABASE_URL": self.services.postgres.database_url,
            "CHECKOUT_MANAGEMENT_URL": self.services.rabbitmq.management_url,
        }


@asynccontextmanager
async def a_stage(postgres_settings: Mapping[str, str] | None = None) -> AsyncIterator[Stage]:
    """Services with schema, topology and a sample catalog."""
    async with (
        Services(postgres_settings=postgres_settings) as services,
        _database(services) as pool,
        connected(services.rabbitmq.amqp_url, "demo") as connection,
    ):
        channel = await open_channel(connection)
        await apply(channel, topology_for(channel))
        yield Stage(services, channel, pool)


@asynccontextmanager
async def a_worker(stage: Stage) -> AsyncIterator[WorkerProcess]:
    """A worker that consumes; stopped as a deployment would stop it."""
    with TemporaryDirectory(prefix="checkout-demo-") as directory:
        address = f"127.0.0.1:{free_ports(1)[0]}"
        worker = WorkerProcess(Path(directory), stage.environment, address)
        await worker.start()
        try:
            yield worker
        finally:
            await worker.stop()


@asynccontextmanager
async def _database(services: Services) -> AsyncIterator[Pool]:
    pool = await open_pool(services.postgres.database_url, connections=2, application="demo")
    try:
        async with acquired(pool) as connection:
            await migrate(connection)
        lines = files(__package__).joinpath("catalog.ndjson").read_text().splitlines()
        items = map(CatalogLine.model_validate_json, lines)
        await CatalogItems(pool).replace([ItemRow.of(item) for item in items])
        yield pool
    finally:
        pool.terminate()
