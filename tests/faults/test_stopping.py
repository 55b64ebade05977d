"""Stopping a worker, whatever state it is in: within its grace, with exit code 0, and nothing is lost."""

import asyncio
from contextlib import AsyncExitStack

from tests.support.eventually import eventually
from tests.support.inputs import a_mixture, checkouts
from tests.support.stage import Stage
from tests.support.worker_process import WorkerProcess

GRACE_SECONDS = 2
# What comes after the grace: marks that are flushed, connections that are closed.
AFTERWARDS_SECONDS = 6


async def _stops_in_time(worker: WorkerProcess) -> None:
    worker.terminate()
    assert await worker.exit_code(within=GRACE_SECONDS + AFTERWARDS_SECONDS) == 0


async def test_a_worker_stops_while_its_broker_is_away(stage: Stage) -> None:
    worker, health = await stage.start(grace_seconds=GRACE_SECONDS)
    await stage.to_broker.refuse()
    await health.until_not_ready("broker")
    await _stops_in_time(worker)


async def test_a_worker_stops_while_its_database_is_away_and_leaves_what_it_holds(stage: Stage) -> None:
    inputs = checkouts(60)
    worker, _ = await stage.start(grace_seconds=GRACE_SECONDS)
    await stage.to_database.refuse()
    await stage.send(inputs)
    await worker.until_logged("worker.paused")
    await _stops_in_time(worker)

    await stage.to_database.mend()
    other, _ = await stage.start()
    await stage.assert_nothing_lost(inputs, other)


async def test_a_worker_stops_while_its_database_is_frozen_and_leaves_what_it_holds(stage: Stage) -> None:
    inputs = checkouts(60)
    worker, _ = await stage.start(grace_seconds=GRACE_SECONDS)
    async with stage.gate():
        await stage.send(inputs)
        await stage.until_at_gate()
        stage.to_database.freeze()
        await _stops_in_time(worker)

    await stage.to_database.mend()
    other, _ = await stage.start()
    await stage.assert_nothing_lost(inputs, other)


async def test_a_worker_stops_while_the_line_to_the_broker_is_frozen(stage: Stage) -> None:
    inputs = checkouts(60)
    worker, _ = await stage.start(grace_seconds=GRACE_SECONDS)
    async with stage.gate():
        await stage.send(inputs)
        await stage.until_at_gate()
        stage.to_broker.freeze()
    await _stops_in_time(worker)

    await stage.to_broker.mend()
    other, _ = await stage.start()
    await stage.assert_nothing_lost(inputs, other)


async def test_a_worker_stops_while_publishing_is_blocked(stage: Stage) -> None:
    inputs = checkouts(60)
    worker, _ = await stage.start(grace_seconds=GRACE_SECONDS)
    async with AsyncExitStack() as alarm:
        async with stage.gate():
            await stage.send(inputs)
            await stage.until_at_gate()
            await alarm.enter_async_context(stage.alarm())
        await eventually(lambda: stage.database.count("checkouts"))
        await _stops_in_time(worker)

    other, _ = await stage.start()
    await stage.assert_nothing_lost(inputs, other)


async def test_rolling_restarts_of_two_workers_under_load_lose_nothing_and_repeat_no_order(
    stage: Stage,
) -> None:
    inputs = a_mixture(900, seed=5)
    first = [(await stage.start())[0] for _ in range(2)]
    sending = asyncio.create_task(stage.send(inputs))
    for turn in range(5):
        await stage.until_begun(20 * turn)
        old = first.pop(0)
        first.append((await stage.start(batch_size=2, prefetch=10))[0])
        assert await old.stop() == 0
    await sending
    await stage.assert_nothing_lost(inputs, *first)
