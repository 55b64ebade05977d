"""The archive while its worker is killed or its database is away: nothing is lost, nothing is there twice."""

import asyncio
from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path

import pytest

from tests.support.archive import archived
from tests.support.broker import DEAD_LETTERS, Broker, connected_broker
from tests.support.database import Database, prepare
from tests.support.eventually import eventually
from tests.support.worker_process import Workers, workers_for
from worker.amqp.connection import connected, open_channel
from worker.amqp.topology import apply, topology_for
from worker.embedded.services import Services

COUNT = 1_000
FAILURES = "SELECT sum(failures) FROM dead_letters"


async def _set_aside(broker: Broker, count: int) -> dict[str, bytes]:
    """Messages that no queue takes: bodies by message id."""
    bodies = {f"message {number:04}": b"\xff %d" % number for number in range(count)}
    publish = partial(broker.publish, key="cart.chekout")
    await asyncio.gather(*(publish(body, message_id=name) for name, body in bodies.items()))
    return bodies


async def test_a_worker_that_is_killed_while_it_archives_loses_and_doubles_none(
    broker: Broker, database: Database, workers: Workers
) -> None:
    bodies = await _set_aside(broker, COUNT)
    killed = await workers.launch(archive="on")
    there = await eventually(lambda: database.count("dead_letters"), lambda count: count > 0)
    killed.kill()
    await killed.exit_code()
    assert there < COUNT
    await eventually(partial(broker.consumers, DEAD_LETTERS), lambda count: count == 0)

    worker = await workers.start(archive="on")
    entries = await archived(database, COUNT, within=60)
    await eventually(partial(broker.ready, DEAD_LETTERS), lambda count: count == 0)
    assert await worker.stop() == 0
    assert await broker.ready(DEAD_LETTERS) == 0
    assert {each["message_id"]: each["body"] for each in entries} == bodies
    assert await database.value(FAILURES) == COUNT
    assert await database.count("dead_letter_actions") == COUNT


async def test_two_workers_archive_side_by_side(broker: Broker, database: Database, workers: Workers) -> None:
    for _ in range(2):
        await workers.start(archive="on")
    bodies = await _set_aside(broker, COUNT)
    await _set_aside(broker, COUNT)
    entries = await archived(database, COUNT, within=60)
    await eventually(partial(broker.ready, DEAD_LETTERS), lambda count: count == 0)
    assert {each["message_id"]: each["body"] for each in entries} == bodies


@pytest.fixture
async def private() -> AsyncIterator[Services]:
    """Services of this test's own, which it may stop."""
    async with Services() as services:
        async with connected(services.rabbitmq.amqp_url, "tests") as connection:
            channel = await open_channel(connection)
            await apply(channel, topology_for(channel))
        await prepare(services.postgres.database_url)
        yield services


async def test_dead_letters_wait_in_their_queue_while_the_database_is_away(
    private: Services, tmp_path: Path
) -> None:
    urls = private.rabbitmq.amqp_url, private.postgres.database_url
    async with (
        workers_for(*urls, tmp_path) as workers,
        connected_broker(urls[0]) as broker,
        Database(urls[1]) as database,
    ):
        worker = await workers.start(archive="on")
        await private.postgres.stop()
        await worker.until_logged("worker.paused")
        bodies = await _set_aside(broker, 200)
        await eventually(partial(broker.ready, DEAD_LETTERS), lambda count: count == len(bodies))

        await private.postgres.start()
        entries = await archived(database, len(bodies), within=60)
        assert {each["message_id"]: each["body"] for each in entries} == bodies
        assert await database.value(FAILURES) == len(bodies)
        assert "worker.session-lost" not in {line["event"] for line in worker.logged()}
        assert await worker.stop() == 0
