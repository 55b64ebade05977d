"""The worker needs no right to change the topology."""

from collections.abc import AsyncIterator
from pathlib import Path
from secrets import token_hex

import pytest
from yarl import URL

from tests.support.archive import archived
from tests.support.broker import CHECKOUT, SOURCE, UPDATE, Broker, Subscriber
from tests.support.carts import a_request, guid
from tests.support.database import Database
from tests.support.management import ManagementApi
from tests.support.services import Addresses
from tests.support.worker_process import Workers, workers_for


@pytest.fixture
async def unprivileged(
    services: Addresses, database: Database, management: ManagementApi, tmp_path: Path
) -> AsyncIterator[Workers]:
    """Workers whose broker user may read the three queues and write to two exchanges, and nothing else."""
    url = URL(services.amqp_url)
    name, password = f"worker-{token_hex(4)}", token_hex(8)
    await management.make_user(name, password)
    await management.permit(
        name,
        url.path.removeprefix("/") or "/",
        configure="^$",
        write=r"^(checkout\.results|cart\.dead-letters)$",
        read=r"^(cart\.checkout|cart\.update|cart\.dead-letters)$",
    )
    own = str(url.with_user(name).with_password(password))
    async with workers_for(own, database.url, tmp_path) as workers:
        yield workers
    await management.delete_user(name)


async def test_a_user_without_configure_rights_can_run_the_worker(
    broker: Broker, events: Subscriber, database: Database, unprivileged: Workers
) -> None:
    worker = await unprivileged.start(archive="on")
    await broker.submit(a_request("a"))
    await broker.submit(a_request("a"), key=UPDATE)
    for key in (CHECKOUT, UPDATE):
        await broker.publish(b"not JSON", key=key, message_id=guid(), app_id=SOURCE)
    await events.until(4)
    await archived(database, 2)
    assert (await database.count("orders"), await database.count("cart_updates")) == (1, 1)
    assert await worker.stop() == 0
