"""How fast one worker process is, on private services of its own: `python tests/bench/single_worker.py`.

Throughput: a backlog of carts (4 lines in 2 groups) waits in the queue when the worker starts; counted are
the results that a subscriber hears from the first to the last. Latency: one cart at a time on an idle worker,
from publish to result. Memory: the worker's largest resident set. CPU: seconds for 1,000 checkouts.
"""

import argparse
import asyncio
import json
import platform
import statistics
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from time import perf_counter

import psutil
import uvloop
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from contracts.wire import CHECKOUT_KEY
from worker.amqp.connection import connected, open_channel
from worker.amqp.outgoing import Outgoing
from worker.amqp.producer import command_message
from worker.amqp.publisher import Publisher
from worker.amqp.subscription import Subscription
from worker.demo.carts import DemoCart, generated_carts
from worker.demo.stage import Stage, a_stage, a_worker

FLIGHT = 500
SILENCE_SECONDS = 60
console = Console()


@dataclass(frozen=True)
class Measurement:
    checkouts_per_second: float
    idle_median_ms: float
    idle_p99_ms: float
    largest_memory_mb: float
    worker_cpu_s_per_1000: float
    broker_cpu_s_per_1000: float
    database_cpu_s_per_1000: float


@dataclass(frozen=True)
class CpuSeconds:
    worker: float
    broker: float
    database: float


async def measure(count: int, singles: int) -> Measurement:
    """One run on fresh services."""
    carts = list(generated_carts(count + singles, failing=False))
    async with a_stage() as stage, connected(stage.services.rabbitmq.amqp_url, "bench") as connection:
        publisher, subscription = Publisher(stage.channel), Subscription()
        await subscription.open(await open_channel(connection))
        await publish(publisher, carts[:count])
        async with a_worker(stage) as worker:
            process = psutil.Process(worker.pid)
            per_second, cpu, memory = await drain(stage, subscription, process, count)
            latencies = await answer_singly(publisher, subscription, carts[count:])
    return Measurement(
        checkouts_per_second=round(per_second, 1),
        idle_median_ms=round(statistics.median(latencies) * 1000, 2),
        idle_p99_ms=round(statistics.quantiles(latencies, n=100)[98] * 1000, 2),
        largest_memory_mb=round(memory / 1e6, 1),
        worker_cpu_s_per_1000=round(cpu.worker * 1000 / count, 3),
        broker_cpu_s_per_1000=round(cpu.broker * 1000 / count, 3),
        database_cpu_s_per_1000=round(cpu.database * 1000 / count, 3),
    )


async def publish(publisher: Publisher, carts: Sequence[DemoCart]) -> None:
    for start in range(0, len(carts), FLIGHT):
        flight = [message(cart) for cart in carts[start : start + FLIGHT]]
        await publisher.publish(flight)


def message(cart: DemoCart) -> Outgoing:
    return command_message(cart.body, CHECKOUT_KEY, source="bench", message_id=cart.message_id)


async def drain(
    stage: Stage, subscription: Subscription, process: psutil.Process, count: int
) -> tuple[float, CpuSeconds, int]:
    """Hear all results; results a second, CPU spent meanwhile, largest memory."""
    memory = 0
    with Progress(console=console, transient=True) as progress:
        task = progress.add_task("results", total=count)
        await subscription.next()
        before, started = cpu_seconds(stage, process), perf_counter()
        for heard in range(1, count):
            async with asyncio.timeout(SILENCE_SECONDS):
                await subscription.next()
            if heard % 500 == 0:
                progress.update(task, completed=heard)
                memory = max(memory, process.memory_info().rss)
        took, after = perf_counter() - started, cpu_seconds(stage, process)
    spent = CpuSeconds(
        after.worker - before.worker, after.broker - before.broker, after.database - before.database
    )
    return (count - 1) / took, spent, max(memory, process.memory_info().rss)


async def answer_singly(
    publisher: Publisher, subscription: Subscription, carts: Sequence[DemoCart]
) -> list[float]:
    latencies = []
    for cart in carts:
        await asyncio.sleep(0.01)
        started = perf_counter()
        sent = asyncio.create_task(publisher.publish([message(cart)]))
        async with asyncio.timeout(SILENCE_SECONDS):
            await subscription.next()
        latencies.append(perf_counter() - started)
        await sent
    return latencies


def cpu_seconds(stage: Stage, worker: psutil.Process) -> CpuSeconds:
    return CpuSeconds(
        tree_seconds(worker),
        tree_seconds(psutil.Process(stage.services.rabbitmq.pid)),
        tree_seconds(psutil.Process(stage.services.postgres.pid)),
    )


def tree_seconds(root: psutil.Process) -> float:
    """User and system time of a process, its children, and those of them that have ended."""
    total = 0.0
    for each in (root, *root.children(recursive=True)):
        times = each.cpu_times()
        total += times.user + times.system + times.children_user + times.children_system
    return total


def report(runs: Sequence[Measurement]) -> dict[str, float]:
    """The median of each figure, printed."""
    table = Table("figure", *(f"run {number + 1}" for number in range(len(runs))), "median")
    medians = {}
    for name in asdict(runs[0]):
        values = [getattr(run, name) for run in runs]
        medians[name] = statistics.median(values)
        table.add_row(name, *(f"{value:,}" for value in values), f"{medians[name]:,}")
    console.print(table)
    return medians


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--carts", type=int, default=20_000, help="backlog of a run")
    parser.add_argument("--singles", type=int, default=300, help="carts that are answered one at a time")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--json", type=Path, help="where to keep the results")
    options = parser.parse_args()
    runs = [uvloop.run(measure(options.carts, options.singles)) for _ in range(options.runs)]
    medians = report(runs)
    if options.json:
        machine = {
            "cores": psutil.cpu_count(),
            "python": platform.python_version(),
            "system": f"{platform.system()} {platform.machine()}",
        }
        document = {
            "measured": datetime.now(UTC).isoformat(timespec="seconds"),
            "command": f"python tests/bench/single_worker.py --carts {options.carts} --runs {options.runs}",
            "machine": machine,
            "median": medians,
            "runs": [asdict(run) for run in runs],
        }
        options.json.write_text(json.dumps(document, indent=2) + "\n")


if __name__ == "__main__":
    main()
