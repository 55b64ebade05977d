"""The worker inside the process of the tests, put together as `checkout run` does it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from tests.support.eventually import eventually
from worker.bootstrap import catalog_follower, open_session
from worker.failpoints import Failpoints
from worker.postgres.pool import open_pool
from worker.settings import Archiving, Settings
from worker.status import Status

_STOP_SECONDS = 15.0


def settings_for(amqp_url: str, database_url: str, **more: Any) -> Settings:
    """Settings from arguments alone; dead letters stay in their queue, where the tests look."""
    usual: dict[str, Any] = {"amqp_url": amqp_url, "database_url": database_url, "archive": "off"}
    return Settings(_env_prefix="NOT_SET_", **usual | more)


def archiving_by(settings: Settings) -> Settings:
    """The same, for a worker that archives dead letters."""
    return settings.model_copy(update={"archive": Archiving.ON})


@asynccontextmanager
async def consuming(settings: Settings) -> AsyncIterator[Status]:
    """A session that consumes until the block ends, and is drained then."""
    status, stop = Status(), asyncio.Event()
    follower = catalog_follower(settings, status)
    pool = await open_pool(settings.database, connections=6, application=status.worker_id)
    try:
        async with open_session(settings, pool, status, Failpoints(), follower) as session:
            running = asyncio.create_task(session.run(stop, grace=settings.grace_seconds))
            try:
                await _until_ready(status, running)
                yield status
            finally:
                stop.set()
                async with asyncio.timeout(_STOP_SECONDS):
                    await running
    finally:
        pool.terminate()


async def _until_ready(status: Status, running: "asyncio.Task[None]") -> None:
    async def ready() -> bool:
        if running.done():
            running.result()
        return status.is_ready

    await eventually(ready)
