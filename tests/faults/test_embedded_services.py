"""Embedded services leave nothing behind: neither processes nor directories, however they end."""

import asyncio
import os
import signal
import socket
import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import asyncpg
import psutil
import pytest

from tests.support.broker import connected_broker
from tests.support.eventually import eventually
from tests.support.services import HURRIED
from worker.embedded import postgres
from worker.embedded.ports import free_ports
from worker.embedded.process import SYSTEM_PATH
from worker.embedded.rabbitmq import RabbitMQ
from worker.embedded.services import Services

ROOT: Final = Path(__file__).parents[2]

# Starts services, says where they are, and waits.
PROGRAM: Final = """
import asyncio
from worker.embedded.services import Services

async def main():
    async with Services(postgres_settings={"fsync": "off"}) as services:
        print(services.rabbitmq.amqp_url, flush=True)
        await asyncio.Event().wait()

asyncio.run(main())
"""


def _descendants(pid: int) -> list[psutil.Process]:
    return psutil.Process(pid).children(recursive=True)


def _alive(processes: list[psutil.Process]) -> list[str]:
    return [
        f"{each.pid} {each.name()}"
        for each in processes
        if each.is_running() and each.status() != psutil.STATUS_ZOMBIE
    ]


async def _none_alive(processes: list[psutil.Process]) -> None:
    async def alive() -> list[str]:
        try:
            return _alive(processes)
        except psutil.NoSuchProcess:
            return ["one that just ended"]

    await eventually(alive, lambda names: names == [])


@pytest.fixture
def directory() -> Iterator[Path]:
    """A directory that the unprivileged user of PostgreSQL can reach, as pytest's own are not."""
    with TemporaryDirectory(prefix="checkout-tests-") as name:
        Path(name).chmod(0o755)
        yield Path(name)


async def test_services_serve_and_a_clean_stop_leaves_nothing() -> None:
    before = {each.pid for each in _descendants(os.getpid())}
    async with Services(postgres_settings=HURRIED) as services:
        started = [each for each in _descendants(os.getpid()) if each.pid not in before]
        assert {"postgres", "epmd"} <= {each.name() for each in started}
        directory = services.rabbitmq._directory.parent
        assert directory.is_dir()
        database = await asyncpg.connect(services.postgres.database_url)
        assert await database.fetchval("SELECT 1") == 1
        await database.close()
        async with connected_broker(services.rabbitmq.amqp_url):
            pass
    await _none_alive(started)
    assert not directory.exists()


async def test_nobody_else_looks_into_the_broker_or_guesses_its_secret(directory: Path) -> None:
    broker = RabbitMQ(directory / "rabbitmq")
    broker._write_files()
    secret = directory / "rabbitmq" / ".erlang.cookie"
    assert (secret.parent.stat().st_mode & 0o777, secret.stat().st_mode & 0o777) == (0o700, 0o400)
    first = secret.read_text()
    assert len(first) == 64
    broker._write_files()
    assert secret.read_text() == first


async def test_a_port_that_another_program_takes_first_is_not_insisted_on(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        choices = iter([(other.getsockname()[1],)])
        monkeypatch.setattr(postgres, "free_ports", lambda count: next(choices, None) or free_ports(count))
        async with Services(postgres_settings=HURRIED) as services:
            database = await asyncpg.connect(services.postgres.database_url)
            assert await database.fetchval("SELECT 1") == 1
            await database.close()


async def test_a_killed_owner_takes_its_services_with_it() -> None:
    owner = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", PROGRAM),
        env={"PATH": SYSTEM_PATH, "PYTHONPATH": str(ROOT)},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        assert owner.stdout is not None
        async with asyncio.timeout(60):
            assert (await owner.stdout.readline()).startswith(b"amqp://")
        started = _descendants(owner.pid)
        assert len(started) > 5
    finally:
        owner.send_signal(signal.SIGKILL)
        await owner.communicate()
    await _none_alive(started)


async def test_stored_rows_and_messages_outlive_a_stop_in_a_directory_that_is_given(directory: Path) -> None:
    async with Services(directory, postgres_settings=HURRIED) as services:
        database = await asyncpg.connect(services.postgres.database_url)
        await database.execute("CREATE TABLE kept AS SELECT 1 AS one")
        await database.close()
        async with connected_broker(services.rabbitmq.amqp_url) as broker:
            await broker.keep_message("kept", b"a message")
    async with Services(directory, postgres_settings=HURRIED) as again:
        database = await asyncpg.connect(again.postgres.database_url)
        assert await database.fetchval("SELECT one FROM kept") == 1
        await database.close()
        async with connected_broker(again.rabbitmq.amqp_url) as broker:
            assert [each.body for each in await broker.take_all("kept")] == [b"a message"]
        # A clean stop takes long, and was tried above.
        await again.rabbitmq.kill()
