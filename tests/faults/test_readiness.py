"""Live: the process turns. Ready: it consumes. Orchestrators act on the one, load and alarms on the other."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import urlsplit

from tests.support.broker import connected_broker
from tests.support.database import prepare
from tests.support.eventually import eventually
from tests.support.inputs import checkouts
from tests.support.stage import Stage
from tests.support.worker_process import WorkerProcess


async def test_a_worker_is_ready_when_it_is_among_the_consumers_and_not_before(stage: Stage) -> None:
    await stage.to_broker.refuse()
    worker, health = await stage.launch()
    await health.until_live()
    await health.until_not_ready("broker")
    async with connected_broker(stage.amqp_url) as broker:
        assert await broker.consumers() == 0
        await stage.to_broker.mend()
        await health.until_ready()
        assert [await broker.consumers(queue) for queue in ("cart.checkout", "cart.update")] == [1, 1]
    await stage.assert_nothing_lost([], worker)


async def test_a_broker_that_hangs_up_during_the_handshake_is_tried_again(stage: Stage) -> None:
    async def hang_up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """After the broker's first word."""
        answers, service = await asyncio.open_connection("127.0.0.1", urlsplit(stage.amqp_url).port)
        service.write(await reader.readexactly(8))
        writer.write(await answers.read(65_536))
        service.close()
        writer.close()

    await stage.to_broker.refuse()
    async with await asyncio.start_server(hang_up, "127.0.0.1", stage.to_broker.port):
        worker, health = await stage.launch()
        await health.until_live()
        for times in (1, 2):
            await worker.until_logged_times("worker.session-lost", times)
    await stage.to_broker.mend()
    await health.until_ready()
    await stage.assert_nothing_lost([], worker)


async def test_a_worker_that_waits_for_both_services_works_when_they_are_there(stage: Stage) -> None:
    inputs = checkouts(10)
    await stage.send(inputs)
    await stage.to_broker.refuse()
    await stage.to_database.refuse()
    worker, health = await stage.launch()
    await health.until_live()
    await health.until_not_ready("database")
    await stage.to_database.mend()
    await health.until_not_ready("broker")
    await stage.to_broker.mend()
    await stage.assert_nothing_lost(inputs, worker)


async def test_an_idle_worker_notices_that_its_database_is_away_and_that_it_is_back(stage: Stage) -> None:
    worker, health = await stage.start()
    await stage.to_database.refuse()
    await health.until_not_ready("database")
    async with connected_broker(stage.amqp_url) as broker:
        await eventually(broker.consumers, lambda count: count == 0)
        await stage.to_database.mend()
        await health.until_ready()
        assert await broker.consumers() == 1
    await stage.assert_nothing_lost([], worker)


async def _has_failed(worker: WorkerProcess, work: str) -> bool:
    return f'{{"work": "{work}"' in worker.log.read_text("utf-8")


@asynccontextmanager
async def _no_catalog(stage: Stage) -> AsyncIterator[None]:
    await stage.database.execute("DELETE FROM catalog_items")
    try:
        yield
    finally:
        await prepare(stage.database.url)


async def test_a_worker_that_waits_for_a_catalog_is_seen_again_when_its_database_is_back(
    stage: Stage,
) -> None:
    async with _no_catalog(stage):
        worker, health = await stage.launch()
        await health.until_live()
        await health.until_not_ready("the catalog is empty")
        await eventually(lambda: stage.database.count("workers"), lambda there: there == 1)
        await stage.to_database.refuse()
        await eventually(lambda: _has_failed(worker, "Session._beat"))
        await stage.to_database.mend()
        mended_at = await stage.database.value("SELECT now()")
        seen = "SELECT count(*) FROM workers WHERE seen_at > $1"
        await eventually(lambda: stage.database.value(seen, mended_at), lambda there: there == 1)
        assert await worker.stop() == 0


async def test_a_worker_that_drains_is_live_and_not_ready(stage: Stage) -> None:
    inputs = checkouts(10)
    worker, health = await stage.start()
    async with stage.gate():
        await stage.send(inputs)
        await stage.until_at_gate()
        worker.terminate()
        await health.until_not_ready("draining")
    assert await worker.exit_code() == 0
    other, _ = await stage.start()
    await stage.assert_nothing_lost(inputs, other)
