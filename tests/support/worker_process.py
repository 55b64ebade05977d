"""The worker as operations run it: a process of its own, ended by signals."""

import asyncio
import json
import signal
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from itertools import count
from pathlib import Path
from typing import Any, Final

import psutil

from tests.support.eventually import WITHIN_SECONDS, eventually
from worker.embedded.process import SYSTEM_PATH

CONSUMING: Final = "worker.consuming"
_LONGEST_LOG: Final = 20_000
# Dead letters stay in their queue, where the tests look.
_USUAL: Final = {"CHECKOUT_HTTP_ADDRESS": "off", "CHECKOUT_ARCHIVE": "off"}


class WorkerProcess:
    """One `checkout run`."""

    def __init__(self, process: asyncio.subprocess.Process, log: Path) -> None:
        self._process = process
        self.log = log

    @property
    def pid(self) -> int:
        return self._process.pid

    def logged(self) -> list[dict[str, Any]]:
        """The lines of its log that are JSON."""
        lines = self.log.read_text("utf-8").splitlines()
        return [json.loads(line) for line in lines if line.startswith("{")]

    async def until_logged(self, event: str, within: float = WITHIN_SECONDS) -> None:
        """Wait for a log event. Fails where the process ends before."""

        async def there() -> bool:
            # In this order: what was logged just before the end counts.
            ended = self._process.returncode is not None
            logged = event in self.log.read_text("utf-8")
            assert logged or not ended, f"the worker ended with {self._process.returncode}"
            return logged

        await eventually(there, within=within)

    async def until_consuming(self) -> None:
        await self.until_logged(CONSUMING)

    def terminate(self) -> None:
        self._process.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        self._process.kill()

    async def until_stopped_by_failpoint(self) -> None:
        async def stopped() -> bool:
            return psutil.Process(self.pid).status() == psutil.STATUS_STOPPED

        await eventually(stopped)

    def go_on(self) -> None:
        """After a failpoint stopped it."""
        self._process.send_signal(signal.SIGCONT)

    @property
    def has_ended(self) -> bool:
        return self._process.returncode is not None

    async def until_logged_times(self, event: str, least: int) -> None:
        async def there() -> int:
            assert not self.has_ended, f"the worker ended with {self._process.returncode}"
            return self.times_logged(event)

        await eventually(there, lambda times: times >= least)

    def times_logged(self, event: str) -> int:
        return self.log.read_text("utf-8").count(f'"event": "{event}"')

    async def exit_code(self, within: float = WITHIN_SECONDS) -> int:
        """Wait for its end; a negative code is the signal that it died of."""
        async with asyncio.timeout(within):
            return await self._process.wait()

    async def stop(self) -> int:
        """Let it finish what it has begun."""
        self.terminate()
        return await self.exit_code()

    async def end(self) -> None:
        if self._process.returncode is None:
            self._process.kill()
        await self._process.wait()


class Workers:
    """Starts workers, all with the same services."""

    def __init__(self, environment: Mapping[str, str], directory: Path, *, quiet: bool = False) -> None:
        self._environment = environment
        self._quiet = quiet
        self._directory = directory
        self._started: list[WorkerProcess] = []
        self._numbers = count(1)

    async def launch(self, **settings: object) -> WorkerProcess:
        """Start a worker without waiting. Settings by their name without the prefix, in small letters."""
        log = self._directory / f"worker-{next(self._numbers)}.log"
        given = {f"CHECKOUT_{name.upper()}": str(value) for name, value in settings.items()}
        with log.open("wb") as output:
            process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "worker", "run"),
                env={"PATH": SYSTEM_PATH, **_USUAL, **self._environment, **given},
                stdin=asyncio.subprocess.DEVNULL,
                stdout=output,
                stderr=output,
            )
        worker = WorkerProcess(process, log)
        self._started.append(worker)
        return worker

    async def start(self, **settings: object) -> WorkerProcess:
        worker = await self.launch(**settings)
        await worker.until_consuming()
        return worker

    async def end(self) -> None:
        """End them all, and print what they logged: pytest shows it with a failure."""
        for worker in self._started:
            await worker.end()
        if self._quiet:
            return
        for worker in self._started:
            sys.stdout.write(f"--- {worker.log.name}\n{worker.log.read_text('utf-8')[-_LONGEST_LOG:]}")


@asynccontextmanager
async def workers_for(
    amqp_url: str, database_url: str, directory: Path, *, quiet: bool = False
) -> AsyncIterator[Workers]:
    urls = {"CHECKOUT_AMQP_URL": amqp_url, "CHECKOUT_DATABASE_URL": database_url}
    workers = Workers(urls, directory, quiet=quiet)
    try:
        yield workers
    finally:
        await workers.end()
