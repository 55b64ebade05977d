"""A worker as a process of its own, as it runs anywhere."""

import asyncio
import sys
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

from worker.embedded.process import SYSTEM_PATH, Command, Process


class WorkerProcess:
    """`checkout run` against given services."""

    def __init__(self, directory: Path, environment: dict[str, str], http_address: str) -> None:
        self.log = directory / "worker.log"
        self.url = f"http://{http_address}"
        self._directory = directory
        self._environment = {"PATH": SYSTEM_PATH, "CHECKOUT_HTTP_ADDRESS": http_address} | environment
        self._process = Process("the worker", self.log)

    @property
    def pid(self) -> int | None:
        return self._process.pid

    async def start(self) -> None:
        """Start and wait until it consumes. Raises: StartError, with the end of its log."""
        arguments = (sys.executable, "-m", "worker", "run")
        await self._process.start(Command(arguments, self._environment, self._directory), self._is_ready)

    async def stop(self) -> None:
        """Stop as a deployment would: SIGTERM, and time to finish."""
        await self._process.stop()

    async def _is_ready(self) -> bool:
        return await asyncio.to_thread(_answers, f"{self.url}/health/ready")


def _answers(url: str) -> bool:
    try:
        with urlopen(url, timeout=1):  # noqa: S310 - our own worker on loopback
            return True
    except (URLError, OSError):
        return False
