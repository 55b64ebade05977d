"""What a bench ran on: figures say little without it."""

import platform
from collections.abc import Iterable, Mapping
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import psutil

from worker.demo.stage import Stage

_PACKAGES = (
    "aio-pika", "aiormq", "asyncpg", "celery", "faststream", "kombu", "orjson", "psycopg", "pydantic",
    "taskiq", "taskiq-aio-pika", "uvloop",
)  # fmt: skip


async def description(stage: Stage) -> dict[str, Any]:
    """The machine, its services, and the libraries that are installed."""
    return {
        "cpu": _cpu(),
        "cores": psutil.cpu_count(),
        "memoryGb": round(psutil.virtual_memory().total / 1e9, 1),
        "kernel": f"{platform.system()} {platform.release()} {platform.machine()}",
        "python": platform.python_version(),
        "rabbitmq": _broker(stage),
        "postgresql": await stage.pool.fetchval("SHOW server_version"),
        "synchronousCommit": await stage.pool.fetchval("SHOW synchronous_commit"),
        "fsync": await stage.pool.fetchval("SHOW fsync"),
        "sharedBuffers": await stage.pool.fetchval("SHOW shared_buffers"),
        "maxWalSize": await stage.pool.fetchval("SHOW max_wal_size"),
        "checkpointTimeout": await stage.pool.fetchval("SHOW checkpoint_timeout"),
        "libraries": dict(_versions(_PACKAGES)),
    }


def in_short(machine: Mapping[str, Any]) -> str:
    """The most telling parts of a description."""
    services = f"RabbitMQ {machine['rabbitmq']}, PostgreSQL {machine['postgresql'].split()[0]}"
    return f"{machine['cores']} cores of {machine['cpu']}, {services}, Python {machine['python']}"


def _cpu() -> str:
    lines = Path("/proc/cpuinfo").read_text("utf-8").splitlines()
    return next(
        (line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "unknown"
    )


def _broker(stage: Stage) -> str:
    told = stage.channel.connection.server_properties.get("version", "unknown")
    return told.decode() if isinstance(told, bytes) else str(told)


def _versions(packages: Iterable[str]) -> Iterable[tuple[str, str]]:
    for package in packages:
        try:
            yield package, version(package)
        except PackageNotFoundError:
            continue
