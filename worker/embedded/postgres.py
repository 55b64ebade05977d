"""A private PostgreSQL, from the machine's own packages."""

import os
import pwd
import secrets
import shutil
import signal
import stat
from collections.abc import Mapping
from pathlib import Path

import asyncpg

from worker.embedded.ports import free_ports
from worker.embedded.process import SYSTEM_PATH, Command, Process

PACKAGE = "postgresql"
VERSIONS = Path("/usr/lib/postgresql")
# PostgreSQL refuses to run as root.
UNPRIVILEGED_USER = "postgres"
_PROBE_SECONDS = 3.0


class PostgreSQL:
    """A server with the database and the role `checkout`; it keeps its port when restarted."""

    def __init__(self, directory: Path, settings: Mapping[str, str] | None = None) -> None:
        self._directory = directory
        self._data = directory / "data"
        (self._port,) = free_ports(1)
        self._settings = {
            "listen_addresses": "127.0.0.1",
            "port": str(self._port),
            "unix_socket_directories": "",  # the path of a socket may not be longer than 107 bytes
            "dynamic_shared_memory_type": "mmap",  # a killed server leaves nothing in /dev/shm
            **(settings or {}),
        }
        self._user = UNPRIVILEGED_USER if os.geteuid() == 0 else None
        self._server = Process("PostgreSQL", directory / "postgres.log", stop_signal=signal.SIGINT)

    @property
    def pid(self) -> int | None:
        return self._server.pid

    @property
    def database_url(self) -> str:
        return self._url("checkout", "checkout")

    async def start(self) -> None:
        if not (self._data / "PG_VERSION").exists():
            await self._create_cluster()
        settings = [f"--{name}={value}" for name, value in self._settings.items()]
        await self._server.start(self._command("postgres", "-D", str(self._data), *settings), self._ready)

    async def stop(self) -> None:
        await self._server.stop()

    async def kill(self) -> None:
        await self._server.kill()

    async def restart(self) -> None:
        await self.stop()
        await self.start()

    def freeze(self) -> None:
        self._server.freeze()

    def thaw(self) -> None:
        self._server.thaw()

    async def _create_cluster(self) -> None:
        unfinished = self._directory / "unfinished"
        shutil.rmtree(unfinished, ignore_errors=True)
        self._prepare_directory()
        access = ("--username=postgres", f"--pwfile={self._password_file}", "--auth=scram-sha-256")
        layout = ("--encoding=UTF8", "--locale=C.UTF-8", "--no-sync", "-D", str(unfinished))
        await Process("initdb", self._directory / "initdb.log").run(self._command("initdb", *access, *layout))
        unfinished.rename(self._data)

    def _prepare_directory(self) -> None:
        self._directory.mkdir(parents=True, exist_ok=True)
        if self._user is not None:
            _require_passage(self._directory, self._user)
        self._password_file.write_text(secrets.token_hex(16), "utf-8")
        self._password_file.chmod(0o600)
        if self._user is not None:
            _hand_over(self._directory, self._user)
            _hand_over(self._password_file, self._user)

    async def _ready(self) -> bool:
        try:
            # Whoever else listens there may say nothing.
            connection = await asyncpg.connect(self._url("postgres", "postgres"), timeout=_PROBE_SECONDS)
        except (OSError, asyncpg.PostgresConnectionError, asyncpg.CannotConnectNowError):
            return False
        try:
            if not await connection.fetchval("SELECT count(*) FROM pg_database WHERE datname = 'checkout'"):
                password = self._password_file.read_text("utf-8")
                await connection.execute(f"CREATE ROLE checkout LOGIN CREATEDB PASSWORD '{password}'")
                await connection.execute("CREATE DATABASE checkout OWNER checkout")
        finally:
            await connection.close()
        return True

    @property
    def _password_file(self) -> Path:
        return self._directory / "password"

    def _url(self, user: str, database: str) -> str:
        password = self._password_file.read_text("utf-8")
        return f"postgresql://{user}:{password}@127.0.0.1:{self._port}/{database}"

    def _command(self, program: str, *arguments: str) -> Command:
        binaries = find_binaries()
        if binaries is None:
            raise FileNotFoundError(f"there is no postgres with its initdb: install {PACKAGE}")
        environment = {"HOME": str(self._directory), "LANG": "C.UTF-8", "PATH": f"{binaries}:{SYSTEM_PATH}"}
        return Command((str(binaries / program), *arguments), environment, self._directory, self._user)


def find_binaries() -> Path | None:
    versions = sorted(VERSIONS.glob("*/bin/initdb"), key=lambda found: int(found.parts[-3]), reverse=True)
    on_path = shutil.which("initdb")
    candidates = [*versions, *([Path(on_path)] if on_path else [])]
    return next((found.parent for found in candidates if found.with_name("postgres").exists()), None)


def _require_passage(directory: Path, user: str) -> None:
    closed = [parent for parent in directory.resolve().parents if not parent.stat().st_mode & stat.S_IXOTH]
    if closed:
        paths = ", ".join(map(str, closed))
        raise PermissionError(
            f"user {user} cannot reach {directory}: chmod o+x {paths}, or take another directory"
        )


def has_user() -> bool:
    """Only root needs another user."""
    return os.geteuid() != 0 or any(account.pw_name == UNPRIVILEGED_USER for account in pwd.getpwall())


def _hand_over(path: Path, user: str) -> None:
    account = pwd.getpwnam(user)
    os.chown(path, account.pw_uid, account.pw_gid)
