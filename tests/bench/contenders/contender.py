"""Who is compared: a program that checks carts out, and how it is started."""

import asyncio
import sys
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from contracts.wire import CHECKOUT_QUEUE
from tests.bench.corpus import BenchCart
from worker.amqp.connection import RPC_SECONDS
from worker.amqp.outgoing import Outgoing
from worker.demo.stage import Stage
from worker.embedded.ports import free_ports
from worker.embedded.process import SYSTEM_PATH, Command, Process

ROOT: Final = Path(__file__).parents[3]


@dataclass(frozen=True, slots=True)
class Running:
    """A contender at work."""

    processes: Sequence[Process]

    @property
    def pids(self) -> list[int]:
        return [process.pid for process in self.processes if process.pid]

    @contextmanager
    def frozen(self) -> Iterator[None]:
        """It does nothing meanwhile. Long enough, and the broker takes it for dead."""
        for process in self.processes:
            process.freeze()
        yield
        for process in self.processes:
            process.thaw()


@dataclass(frozen=True, slots=True)
class Contender:
    name: str
    what: str
    arguments: tuple[str, ...]
    processes: int = 1
    """How many of this program are started."""
    consumers: int = 1
    """Of the queue, when all of it is ready."""
    needs: tuple[str, ...] = ()
    """Modules that only the extra `bench` installs."""
    settings: Mapping[str, str] = field(default_factory=dict)
    envelope: str = "plain_envelope"
    """The module that puts a cart into the message that this program takes."""
    stores: bool = True
    is_limit: bool = False

    def enveloped(self, cart: BenchCart) -> Outgoing:
        envelope = import_module(f"{__package__}.{self.envelope}")
        message: Outgoing = envelope.enveloped(cart)
        return message

    @property
    def missing(self) -> list[str]:
        return [module for module in self.needs if find_spec(module) is None]

    @asynccontextmanager
    async def running(self, stage: Stage) -> AsyncIterator["Running"]:
        """It, from when all of it consumes; stopped as a deployment would stop it."""
        with TemporaryDirectory(prefix="checkout-bench-") as directory:
            processes = [
                Process(self.name, Path(directory) / f"{number}.log") for number in range(self.processes)
            ]

            async def are_ready() -> bool:
                queue = await stage.channel.queue_declare(CHECKOUT_QUEUE, passive=True, timeout=RPC_SECONDS)
                return (queue.consumer_count or 0) >= self.consumers

            try:
                async with asyncio.TaskGroup() as group:
                    for process in processes:
                        group.create_task(process.start(self._command(stage, Path(directory)), are_ready))
                yield Running(processes)
            finally:
                await asyncio.gather(*(process.stop() for process in processes))

    async def output(self, stage: Stage, *arguments: str) -> str:
        """What it writes when it is run to its end with these arguments. Raises: StartError."""
        with TemporaryDirectory(prefix="checkout-bench-") as directory:
            log = Path(directory) / "output"
            await Process(self.name, log).run(self._command(stage, Path(directory), *arguments))
            return log.read_text("utf-8")

    def _command(self, stage: Stage, directory: Path, *more: str) -> Command:
        return Command((sys.executable, "-m", *self.arguments, *more), self.environment(stage), directory)

    def environment(self, stage: Stage) -> dict[str, str]:
        return {
            "PATH": f"{Path(sys.executable).parent}:{SYSTEM_PATH}",
            "PYTHONPATH": str(ROOT),
            "HOME": "/nonexistent",
            "CHECKOUT_HTTP_ADDRESS": f"127.0.0.1:{free_ports(1)[0]}",
            "BENCH_AMQP_URL": stage.services.rabbitmq.amqp_url,
            "BENCH_DATABASE_URL": stage.services.postgres.database_url,
            **stage.environment,
            **self.settings,
        }
