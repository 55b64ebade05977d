"""Things that go wrong, each begun and mended: what a soak mixes."""

import asyncio
import random
import signal
from collections.abc import Awaitable, Callable
from typing import Final

import asyncpg

from tests.support.proxy import Way
from tests.support.stage import Stage
from tests.support.worker_process import CONSUMING, WorkerProcess

TERMINATE: Final = """
SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid() AND application_name <> ''
"""

Fault = Callable[[], Awaitable[None]]


class Crew:
    """A fixed number of workers: whoever ends is replaced, as an orchestrator does it."""

    def __init__(self, stage: Stage, size: int) -> None:
        self._stage = stage
        self._size = size
        self._workers = list[WorkerProcess]()
        self.unexpected: list[str] = []
        self._ended_by_us: set[int] = set()

    async def keep_up(self) -> None:
        while True:
            await self.fill()
            await asyncio.sleep(0.2)

    async def fill(self) -> None:
        for worker in [each for each in self._workers if each.has_ended]:
            self._workers.remove(worker)
            await self._judge(worker)
        while len(self._workers) < self._size:
            # Larger batches than in other tests: there is more to do.
            self._workers.append((await self._stage.launch(batch_size=20, prefetch=100, grace_seconds=5))[0])

    async def _judge(self, worker: WorkerProcess) -> None:
        """One that is told to end before it listens to signals ends of the signal, having begun nothing."""
        code = await worker.exit_code()
        allowed = (
            {0, -signal.SIGKILL} if worker.times_logged(CONSUMING) else {0, -signal.SIGKILL, -signal.SIGTERM}
        )
        if worker.pid not in self._ended_by_us or code not in allowed:
            self.unexpected.append(f"{worker.log.name} ended with {code}")

    def kill_one(self, chance: random.Random) -> None:
        worker = chance.choice(self._workers)
        self._ended_by_us.add(worker.pid)
        if not worker.has_ended:
            worker.kill()

    def terminate_one(self, chance: random.Random) -> None:
        worker = chance.choice(self._workers)
        self._ended_by_us.add(worker.pid)
        if not worker.has_ended:
            worker.terminate()

    async def stop(self) -> None:
        for worker in self._workers:
            self._ended_by_us.add(worker.pid)
            if not worker.has_ended:
                worker.terminate()
            await self._judge(worker)


class Faults:
    """All of them by name. Each ends with the service as it was."""

    def __init__(self, stage: Stage, crew: Crew, chance: random.Random) -> None:
        self._stage = stage
        self._crew = crew
        self._chance = chance

    @property
    def by_name(self) -> dict[str, Fault]:
        return {
            "worker killed": self._kill_worker,
            "worker terminated": self._terminate_worker,
            "broker restarted": self._stage.services.rabbitmq.restart,
            "broker killed": self._kill_broker,
            "broker connections reset": self._reset_broker,
            "broker line frozen": self._freeze_broker,
            "memory alarm": self._alarm,
            "database restarted": self._stage.services.postgres.restart,
            "database killed": self._kill_database,
            "database backends terminated": self._terminate_backends,
            "database frozen": self._freeze_database,
            "database connections reset": self._reset_database,
            "database answers lost": self._lose_answers,
            "database slow": self._slow_database,
        }

    async def _kill_worker(self) -> None:
        self._crew.kill_one(self._chance)

    async def _terminate_worker(self) -> None:
        self._crew.terminate_one(self._chance)

    async def _kill_broker(self) -> None:
        await self._stage.services.rabbitmq.kill()
        await self._stage.services.rabbitmq.start()

    async def _reset_broker(self) -> None:
        self._stage.to_broker.reset()

    async def _freeze_broker(self) -> None:
        self._stage.to_broker.freeze(*self._chance.choice([(), (Way.TO_CLIENT,), (Way.TO_SERVICE,)]))
        await self._lasting(15)
        await self._stage.to_broker.mend()

    async def _alarm(self) -> None:
        async with self._stage.alarm():
            await self._lasting(14)

    async def _kill_database(self) -> None:
        await self._stage.services.postgres.kill()
        await self._lasting(5)
        await self._stage.services.postgres.start()

    async def _terminate_backends(self) -> None:
        connection = await asyncpg.connect(self._stage.database.url)
        try:
            for _ in range(10):
                await connection.execute(TERMINATE)
                await asyncio.sleep(0.2)
        finally:
            await connection.close()

    async def _freeze_database(self) -> None:
        self._stage.services.postgres.freeze()
        await self._lasting(15)
        self._stage.services.postgres.thaw()

    async def _reset_database(self) -> None:
        self._stage.to_database.reset()

    async def _lose_answers(self) -> None:
        self._stage.to_database.freeze(Way.TO_CLIENT)
        await self._lasting(2)
        self._stage.to_database.reset()
        await self._stage.to_database.mend()

    async def _slow_database(self) -> None:
        self._stage.to_database.slow(0.1)
        await self._lasting(5)
        await self._stage.to_database.mend()

    async def _lasting(self, longest: float) -> None:
        """Faults that last do so for a while that differs: it is the soak's time, not the worker's."""
        await asyncio.sleep(self._chance.uniform(0.5, longest))
