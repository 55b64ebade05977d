"""Private services that tests may break, with a line to each that they may cut, and workers beyond it."""

from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit, urlunsplit

from aiormq.exceptions import ConnectionInternalError

from tests.support.account import Account, Traces, account_of
from tests.support.broker import DEAD_LETTERS, QUEUES, SOURCE, connected_broker
from tests.support.database import Database, prepare
from tests.support.eventually import eventually
from tests.support.health import Health
from tests.support.inputs import Input, a_mixture
from tests.support.management import ManagementApi
from tests.support.proxy import Proxy
from tests.support.worker_process import WorkerProcess, Workers, workers_for
from worker.amqp.connection import connected, open_channel
from worker.amqp.topology import apply, topology_for
from worker.embedded.services import Services

KEPT: Final = "tests.kept-events"
# Few connections: a test that takes them all has them soon.
CONNECTIONS: Final = 40
_WAITING: Final = "SELECT count(*) FROM pg_locks WHERE NOT granted"
_DONE_SECONDS: Final = 60.0
_TABLES: Final = (
    "carts, outcomes, orders, order_line_items, order_errors, attempts, dead_letters, "
    "dead_letter_counts, dead_letter_actions, workers"
)
_PENDING: Final = "SELECT count(*) FROM outcomes WHERE publication = 'pending'"


@dataclass(slots=True)
class Stage:
    """Everything that a fault test has in its hands."""

    services: Services
    to_broker: Proxy
    to_database: Proxy
    database: Database
    workers: Workers

    @property
    def management(self) -> ManagementApi:
        return ManagementApi(self.services.rabbitmq.management_url)

    @property
    def amqp_url(self) -> str:
        """Past the line, for the tests themselves."""
        return self.services.rabbitmq.amqp_url

    @property
    def broker_url(self) -> str:
        """Over the line."""
        return _by(self.to_broker, self.amqp_url)

    async def launch(self, **settings: object) -> tuple[WorkerProcess, Health]:
        """Start a worker without waiting. In large batches it would be done before anything breaks."""
        health = Health()
        usual = {"batch_size": 5, "prefetch": 50, "sweep_after_seconds": 1, "http_address": health.address}
        return await self.workers.launch(**(usual | settings)), health

    async def start(self, **settings: object) -> tuple[WorkerProcess, Health]:
        worker, health = await self.launch(**settings)
        await worker.until_consuming()
        return worker, health

    async def send(self, inputs: Iterable[Input]) -> None:
        """Publish all at once, and wait until the broker has them."""
        async with connected_broker(self.amqp_url) as broker:
            await broker.publish_all(message_of(each) for each in inputs)

    async def ready(self, queue: str) -> int:
        async with connected_broker(self.amqp_url) as broker:
            return await broker.ready(queue)

    async def until_begun(self, least: int = 30) -> None:
        """Some are done, and most are not."""
        await eventually(lambda: self.database.count("outcomes"), lambda count: count >= least)

    async def until_done(self, inputs: Sequence[Input], within: float = _DONE_SECONDS) -> None:
        """Wait until each message is in a state that is final, and all is published."""
        await eventually(lambda: self.left(inputs), lambda left: left <= 0, within=within)

    async def left(self, inputs: Sequence[Input]) -> int:
        """How many messages are not in a final state yet, or have an event that is not published."""
        ended = await self.database.count("outcomes") + await self.ready(DEAD_LETTERS)
        return len({each.message_id for each in inputs}) - ended or int(await self.database.value(_PENDING))

    async def account(self, inputs: Iterable[Input], unacknowledged: Iterable[Input] = ()) -> Account:
        """Hold what was sent against what is there, and take all messages. No worker runs any more."""
        async with connected_broker(self.amqp_url) as broker:
            events, letters = await broker.take_all(KEPT), await broker.take_all(DEAD_LETTERS)
            left = {queue: await broker.ready(queue) for queue in QUEUES}
        account = account_of(inputs, await Traces.found(self.database, events, letters), unacknowledged)
        account.unexpected += [f"{count} messages left in {queue}" for queue, count in left.items() if count]
        attempts = await self.database.count("attempts")
        account.unexpected += [f"{attempts} attempts left"] if attempts else []
        return account

    async def assert_nothing_lost(
        self, inputs: Sequence[Input], *workers: WorkerProcess, within: float = _DONE_SECONDS
    ) -> None:
        """Wait until these workers, never started anew, have done it all; then look at everything."""
        await self.until_done(inputs, within)
        assert [await worker.stop() for worker in workers] == [0] * len(workers)
        account = await self.account(inputs)
        assert account.is_clean, account
        assert account.ok == len({each.message_id for each in inputs})

    async def busy(self, count: int = 400) -> tuple[list[Input], WorkerProcess, Health]:
        """A worker that is in the middle of a mixture of messages."""
        inputs = a_mixture(count, seed=count)
        await self.send(inputs)
        worker, health = await self.launch()
        await self.until_begun()
        return inputs, worker, health

    @asynccontextmanager
    async def gate(self) -> AsyncIterator[None]:
        """A lock that keeps workers from committing: what they have taken in stays in their hands."""
        async with Database(self.database.url) as other:
            await other.execute("BEGIN; LOCK TABLE carts")
            yield
            await other.execute("ROLLBACK")

    @asynccontextmanager
    async def alarm(self) -> AsyncIterator[None]:
        """The broker is short of memory, and blocks whoever publishes."""
        await self.services.rabbitmq.control("set_vm_memory_high_watermark", "0.00001")
        try:
            yield
        finally:
            await self.services.rabbitmq.control("set_vm_memory_high_watermark", "0.4")

    async def until_at_gate(self, transactions: int = 1) -> None:
        await eventually(lambda: self.database.value(_WAITING), lambda count: count >= transactions)

    async def until_nobody_is_at_gate(self) -> None:
        await eventually(lambda: self.database.value(_WAITING), lambda count: count == 0)

    async def apply_topology(self) -> None:
        async with connected(self.amqp_url, "tests") as connection:
            channel = await open_channel(connection)
            await apply(channel, topology_for(channel))


def message_of(each: Input) -> dict[str, Any]:
    """What to publish an input with."""
    properties = {"message_id": each.message_id, "app_id": SOURCE, "timestamp": each.asked}
    return {"body": each.body, "key": each.key} | properties


@asynccontextmanager
async def breakable_services(directory: Path | None = None) -> AsyncIterator[Services]:
    """Services of the tests' own, with all the durability there is, the topology and the tests' catalog."""
    settings = {"max_connections": str(CONNECTIONS)}
    async with Services(directory, postgres_settings=settings) as services:
        async with connected(services.rabbitmq.amqp_url, "tests") as connection:
            channel = await open_channel(connection)
            await apply(channel, topology_for(channel))
        await prepare(services.postgres.database_url)
        async with connected_broker(services.rabbitmq.amqp_url) as broker:
            await broker.keep_events(KEPT, "classic")
        # RabbitMQ 3.10 writes new quorum queues down late: those killed before that never answer again.
        await services.rabbitmq.restart()
        yield services


@asynccontextmanager
async def staged(services: Services, directory: Path, *, quiet: bool = False) -> AsyncIterator[Stage]:
    """A stage with nothing on it; what a test breaks is mended afterwards. Quiet: logs are not printed."""
    broker_url, database_url = services.rabbitmq.amqp_url, services.postgres.database_url
    async with (
        Proxy(_port(broker_url)) as to_broker,
        Proxy(_port(database_url)) as to_database,
        Database(database_url) as database,
        workers_for(
            _by(to_broker, broker_url), _by(to_database, database_url), directory, quiet=quiet
        ) as workers,
    ):
        await _clear(services, database)
        async with mended(services):
            yield Stage(services, to_broker, to_database, database, workers)


@asynccontextmanager
async def mended(services: Services) -> AsyncIterator[None]:
    """Whatever the block does to them, both serve afterwards."""
    try:
        yield
    finally:
        services.postgres.thaw()
        services.rabbitmq.thaw()
        await services.postgres.start()
        await services.rabbitmq.start()


async def empty_queues(services: Services) -> None:
    """Purge all queues, as soon as they can be."""

    async def purged() -> bool:
        # RabbitMQ 3.10 may call it an internal error while a queue comes back from a kill.
        with suppress(ConnectionInternalError):
            async with connected_broker(services.rabbitmq.amqp_url) as broker:
                await broker.purge(KEPT)
                return True
        return False

    await eventually(purged)


async def _clear(services: Services, database: Database) -> None:
    await empty_queues(services)
    # The history of dead letters refuses to be changed by anybody.
    history = "ALTER TABLE dead_letter_actions {} TRIGGER dead_letter_actions_append_only"
    await database.execute(f"{history.format('DISABLE')}; TRUNCATE {_TABLES}; {history.format('ENABLE')}")


def _port(url: str) -> int:
    return urlsplit(url).port or 0


def _by(proxy: Proxy, url: str) -> str:
    """The same service over a line."""
    parts = urlsplit(url)
    user, _, _ = parts.netloc.rpartition("@")
    return urlunsplit(parts._replace(netloc=f"{user}@127.0.0.1:{proxy.port}"))
