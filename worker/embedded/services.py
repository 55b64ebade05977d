"""Both services together, in a directory of their own."""

import asyncio
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

from worker.embedded import postgres, rabbitmq
from worker.embedded.postgres import PostgreSQL
from worker.embedded.process import StartError
from worker.embedded.rabbitmq import RabbitMQ


class MissingPackages(RuntimeError):  # noqa: N818 -- the name says it
    """RabbitMQ or PostgreSQL is not installed; says what to install."""

    def __init__(self, packages: list[str]) -> None:
        names = " ".join(packages)
        super().__init__(f"not installed: {names}; on Debian or Ubuntu: apt-get install {names}")
        self.packages = packages


class Services:
    """Without a directory the services get a temporary one, which is removed with all they stored."""

    rabbitmq: RabbitMQ
    postgres: PostgreSQL

    def __init__(
        self,
        directory: Path | None = None,
        *,
        rabbitmq_settings: Mapping[str, str] | None = None,
        postgres_settings: Mapping[str, str] | None = None,
    ) -> None:
        self._given = directory
        self._temporary: Path | None = None
        self._rabbitmq_settings = rabbitmq_settings
        self._postgres_settings = postgres_settings

    async def __aenter__(self) -> Self:
        _require_packages()
        try:
            await self._start_anew()
        except StartError:
            # Another program may have taken a port after it was chosen.
            await self._start_anew()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._stop()

    async def _start_anew(self) -> None:
        directory = self._make_directory()
        self.rabbitmq = RabbitMQ(directory / "rabbitmq", self._rabbitmq_settings)
        self.postgres = PostgreSQL(directory / "postgresql", self._postgres_settings)
        try:
            await self._start()
        except BaseException:
            await self._stop()
            raise

    async def _start(self) -> None:
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self.rabbitmq.start())
                group.create_task(self.postgres.start())
        except BaseExceptionGroup as failures:
            raise failures.exceptions[0] from None

    async def _stop(self) -> None:
        try:
            await asyncio.gather(self._stop_rabbitmq(), self.postgres.stop())
        finally:
            if self._temporary is not None:
                shutil.rmtree(self._temporary, ignore_errors=True)

    async def _stop_rabbitmq(self) -> None:
        if self._temporary is not None:
            # A clean stop takes six seconds, for data that goes with the directory.
            await self.rabbitmq.kill()
        await self.rabbitmq.stop()

    def _make_directory(self) -> Path:
        if self._given is not None:
            self._given.mkdir(parents=True, exist_ok=True)
            return self._given.resolve()
        self._temporary = Path(tempfile.mkdtemp(prefix="checkout-")).resolve()
        self._temporary.chmod(0o711)
        return self._temporary


def _require_packages() -> None:
    missing = [] if rabbitmq.find_server() else [rabbitmq.PACKAGE]
    if not (postgres.find_binaries() and postgres.has_user()):
        missing.append(postgres.PACKAGE)
    if missing:
        raise MissingPackages(missing)
