"""The broker or the database away: nothing is lost, nothing is dead-lettered, all is done in the end."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.support.broker import connected_broker
from tests.support.carts import requests
from tests.support.command_line import CommandLine
from tests.support.database import Database
from tests.support.eventually import WITHIN_SECONDS, eventually
from tests.support.oracle import assert_ordered_once
from tests.support.stage import KEPT, empty_queues, mended
from tests.support.worker_process import WorkerProcess, Workers, workers_for
from worker.embedded.services import Services

UNMARKED = "SELECT count(*) FROM checkouts WHERE publication <> 'published'"


@pytest.fixture
async def stored(breakable: Services) -> AsyncIterator[Database]:
    """The database, empty but for the catalog."""
    async with Database(breakable.postgres.database_url) as database:
        await database.execute("TRUNCATE carts, outcomes, orders, order_line_items, order_errors")
        yield database


@pytest.fixture
async def workers(breakable: Services, tmp_path: Path) -> AsyncIterator[Workers]:
    urls = breakable.rabbitmq.amqp_url, breakable.postgres.database_url
    async with workers_for(*urls, tmp_path) as started, mended(breakable):
        yield started


class Load:
    """Carts that a worker is busy with while something is taken away from it."""

    def __init__(self, services: Services, stored: Database) -> None:
        self._services = services
        self._stored = stored
        self._sent = requests(600, "licenses", "storage")

    async def submit(self) -> None:
        await empty_queues(self._services)
        async with connected_broker(self._services.rabbitmq.amqp_url) as broker:
            await broker.submit(*self._sent)

    async def begun(self) -> None:
        """Some are done, and most are not."""
        done = await eventually(lambda: self._stored.count("checkouts"), lambda count: count >= 30)
        assert done < len(self._sent) / 2

    async def assert_done(self, worker: WorkerProcess) -> None:
        """Wait until the same worker, never started anew, has done it all; then look at everything."""
        await eventually(
            lambda: self._stored.count("checkouts"), lambda count: count == len(self._sent), within=60
        )
        await eventually(lambda: self._stored.value(UNMARKED), lambda count: count == 0, within=60)
        assert await worker.stop() == 0
        async with connected_broker(self._services.rabbitmq.amqp_url) as broker:
            await assert_ordered_once(self._stored, broker, await broker.take_all(KEPT), self._sent)


@pytest.fixture
def load(breakable: Services, stored: Database) -> Load:
    return Load(breakable, stored)


async def _busy(workers: Workers, load: Load) -> WorkerProcess:
    await load.submit()
    worker = await workers.launch(batch_size=5, prefetch=50, sweep_after_seconds=1)
    await load.begun()
    return worker


async def test_a_database_that_is_stopped_under_load_delays_and_harms_nothing(
    breakable: Services, workers: Workers, load: Load
) -> None:
    worker = await _busy(workers, load)
    await breakable.postgres.stop()
    await worker.until_logged("worker.side-work-failed")
    await breakable.postgres.start()
    await load.assert_done(worker)


async def test_a_database_that_is_killed_under_load_delays_and_harms_nothing(
    breakable: Services, workers: Workers, load: Load
) -> None:
    worker = await _busy(workers, load)
    await breakable.postgres.kill()
    await breakable.postgres.start()
    await load.assert_done(worker)


async def test_a_broker_that_is_restarted_under_load_delays_and_harms_nothing(
    breakable: Services, workers: Workers, load: Load
) -> None:
    worker = await _busy(workers, load)
    await breakable.rabbitmq.restart()
    await load.assert_done(worker)


async def test_a_broker_that_is_killed_under_load_delays_and_harms_nothing(
    breakable: Services, workers: Workers, load: Load
) -> None:
    worker = await _busy(workers, load)
    await breakable.rabbitmq.kill()
    await breakable.rabbitmq.start()
    await load.assert_done(worker)


async def test_a_worker_that_starts_without_its_services_works_when_they_are_there(
    breakable: Services, workers: Workers, load: Load
) -> None:
    await load.submit()
    await breakable.rabbitmq.kill()
    await breakable.postgres.stop()
    worker = await workers.launch(sweep_after_seconds=1)
    await worker.until_logged("worker.session-lost")
    await breakable.postgres.start()
    await breakable.rabbitmq.start()
    await load.assert_done(worker)


async def test_a_worker_without_its_services_can_be_stopped(breakable: Services, workers: Workers) -> None:
    await breakable.rabbitmq.kill()
    try:
        worker = await workers.launch()
        await worker.until_logged("worker.session-lost")
        worker.terminate()
        assert await worker.exit_code(within=10) == 0
    finally:
        await breakable.rabbitmq.start()


async def test_a_worker_whose_database_is_frozen_can_be_stopped_and_its_load_is_done_by_another(
    breakable: Services, workers: Workers, load: Load
) -> None:
    worker = await _busy(workers, load)

    breakable.postgres.freeze()
    try:
        worker.terminate()
        assert await worker.exit_code(within=60) == 0
    finally:
        breakable.postgres.thaw()

    await load.assert_done(await workers.start(sweep_after_seconds=1))


async def test_a_worker_that_loses_the_broker_while_its_database_is_frozen_works_on_afterwards(
    breakable: Services, workers: Workers, load: Load
) -> None:
    worker = await _busy(workers, load)

    breakable.postgres.freeze()
    try:
        await breakable.rabbitmq.restart()
    finally:
        breakable.postgres.thaw()

    await load.assert_done(worker)


async def test_following_results_ends_when_the_broker_goes(breakable: Services, tmp_path: Path) -> None:
    command_line = CommandLine({"CHECKOUT_AMQP_URL": breakable.rabbitmq.amqp_url}, tmp_path)
    following = await command_line.start("results", "--count", "1")
    assert following.stderr is not None
    assert b"listening" in await following.stderr.readline()

    await breakable.rabbitmq.restart()

    async with asyncio.timeout(WITHIN_SECONDS):
        assert await following.wait() == 3
