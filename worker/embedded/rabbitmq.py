"""A private RabbitMQ, from the machine's own packages."""

import shutil
from collections.abc import Mapping
from pathlib import Path
from secrets import token_hex

import aio_pika

from worker.embedded.ports import free_ports
from worker.embedded.process import SYSTEM_PATH, Command, Process, listening

PACKAGE = "rabbitmq-server"
# The program of this name in the PATH of Debian's packages insists on being root or user rabbitmq.
SCRIPTS = Path("/usr/lib/rabbitmq/bin")


class RabbitMQ:
    """A broker, and an epmd of its own so that no daemon stays behind; ports stay on a restart."""

    def __init__(self, directory: Path, settings: Mapping[str, str] | None = None) -> None:
        self._directory = directory
        self._amqp, self._management, self._distribution, self._epmd = free_ports(4)
        self._settings = {
            "listeners.tcp.1": f"127.0.0.1:{self._amqp}",
            "management.tcp.ip": "127.0.0.1",
            "management.tcp.port": str(self._management),
            "max_message_size": "2097152",
            "disk_free_limit.absolute": "50MB",
            **(settings or {}),
        }
        self._broker = Process("RabbitMQ", directory / "rabbitmq.log")
        self._names = Process("epmd", directory / "epmd.log")

    @property
    def pid(self) -> int | None:
        return self._broker.pid

    @property
    def amqp_url(self) -> str:
        return f"amqp://guest:guest@127.0.0.1:{self._amqp}/"

    @property
    def management_url(self) -> str:
        return f"http://guest:guest@127.0.0.1:{self._management}"

    async def start(self) -> None:
        self._write_files()
        environment = self._environment()
        try:
            await self._names.start(self._command(environment, *self._epmd_arguments()), self._names_ready)
            await self._broker.start(self._command(environment, str(_server())), self._broker_ready)
        except BaseException:
            await self._names.kill()
            raise

    async def stop(self) -> None:
        try:
            await self._broker.stop()
        finally:
            await self._names.stop()

    async def kill(self) -> None:
        await self._broker.kill()

    async def restart(self) -> None:
        await self._broker.stop()
        await self.start()

    async def control(self, *arguments: str) -> None:
        """Run `rabbitmqctl` with these arguments against the running broker. Raises: StartError."""
        log = self._directory / "rabbitmqctl.log"
        program = str(_server().with_name("rabbitmqctl"))
        await Process("rabbitmqctl", log).run(self._command(self._environment(), program, *arguments))

    def freeze(self) -> None:
        self._broker.freeze()

    def thaw(self) -> None:
        self._broker.thaw()

    async def _names_ready(self) -> bool:
        return await listening(self._epmd)

    async def _broker_ready(self) -> bool:
        if not (await listening(self._amqp) and await listening(self._management)):
            return False
        try:
            async with await aio_pika.connect(self.amqp_url):
                return True
        except (OSError, aio_pika.exceptions.AMQPError):
            return False

    def _write_files(self) -> None:
        (self._directory / "conf.d").mkdir(parents=True, exist_ok=True)
        self._directory.chmod(0o700)
        cookie = self._directory / ".erlang.cookie"
        if not cookie.exists():
            # Who knows it runs code as this account, and Erlang 25 makes its own from the time alone.
            cookie.write_text(token_hex(32), "utf-8")
            cookie.chmod(0o400)
        lines = [f"{name} = {value}\n" for name, value in self._settings.items()]
        (self._directory / "rabbitmq.conf").write_text("".join(lines), "utf-8")
        (self._directory / "enabled_plugins").write_text("[rabbitmq_management].\n", "utf-8")
        (self._directory / "rabbitmq-env.conf").touch()

    def _command(self, environment: Mapping[str, str], *arguments: str) -> Command:
        return Command(arguments, environment, self._directory)

    def _epmd_arguments(self) -> tuple[str, ...]:
        return ("epmd", "-port", str(self._epmd), "-address", "127.0.0.1")

    def _environment(self) -> dict[str, str]:
        """Each file that RabbitMQ would otherwise take from /etc or put under /var is named."""
        return {
            "HOME": str(self._directory),
            "LANG": "C.UTF-8",
            "PATH": _path(),
            "ERL_EPMD_ADDRESS": "127.0.0.1",
            "ERL_EPMD_PORT": str(self._epmd),
            "RABBITMQ_NODENAME": "checkout@localhost",
            "RABBITMQ_DIST_PORT": str(self._distribution),
            "RABBITMQ_CONF_ENV_FILE": str(self._directory / "rabbitmq-env.conf"),
            "RABBITMQ_CONFIG_FILE": str(self._directory / "rabbitmq.conf"),
            "RABBITMQ_CONFIG_FILES": str(self._directory / "conf.d"),
            "RABBITMQ_ADVANCED_CONFIG_FILE": str(self._directory / "advanced.config"),
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(self._directory / "enabled_plugins"),
            "RABBITMQ_MNESIA_BASE": str(self._directory / "data"),
            "RABBITMQ_LOG_BASE": str(self._directory / "log"),
            "RABBITMQ_LOGS": "-",
            "RABBITMQ_PID_FILE": str(self._directory / "pid"),
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": "-kernel inet_dist_use_interface {127,0,0,1}",
            "ERL_AFLAGS": "-start_epmd false",
        }


def find_server() -> Path | None:
    server = SCRIPTS / "rabbitmq-server"
    found = str(server) if server.exists() else shutil.which(server.name)
    erlang = all(shutil.which(program, path=_path()) for program in ("erl", "epmd"))
    return Path(found) if found and erlang else None


def _path() -> str:
    erl = shutil.which("erl")
    return f"{Path(erl).parent}:{SYSTEM_PATH}" if erl else SYSTEM_PATH


def _server() -> Path:
    server = find_server()
    if server is None:
        raise FileNotFoundError(f"there is no rabbitmq-server with its erl and epmd: install {PACKAGE}")
    return server
