"""What a worker holds when a session is lost, it holds no longer when the next one has begun."""

import json
from dataclasses import replace

import psutil

from tests.support.carts import a_request
from tests.support.inputs import Input
from tests.support.stage import Stage
from tests.support.worker_process import CONSUMING, WorkerProcess

BODY_BYTES = 950_000
HELD = 60


def _large() -> Input:
    request = a_request("a")
    return replace(Input.of(request), body=json.dumps(request.document | {"note": "x" * BODY_BYTES}).encode())


async def _session_lost(stage: Stage, worker: WorkerProcess, number: int) -> list[Input]:
    """Lose a session that holds many large bodies, and have the next one do them."""
    inputs = [_large() for _ in range(HELD)]
    async with stage.gate():
        await stage.send(inputs)
        await stage.until_at_gate()
        stage.to_broker.reset()
        await worker.until_logged_times("worker.session-lost", number)
    await worker.until_logged_times(CONSUMING, number + 1)
    await stage.until_done(inputs)
    return inputs


async def test_lost_sessions_do_not_add_up(stage: Stage) -> None:
    worker, _ = await stage.start()
    inputs = await _session_lost(stage, worker, 1)
    once = psutil.Process(worker.pid).memory_info().rss
    for number in (2, 3, 4):
        inputs += await _session_lost(stage, worker, number)
    assert psutil.Process(worker.pid).memory_info().rss < once + HELD * BODY_BYTES
    await stage.assert_nothing_lost(inputs, worker)
