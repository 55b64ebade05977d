"""Whether a long backlog drains at one rate and in one amount of memory, from its begin to its end.

What 1,000 results cost in each tenth helps to tell why a rate changes: the worker does the same work for each
message, so that its cost tells the pace of the machine most of all.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from time import perf_counter
from typing import Final

from rich.progress import Progress
from rich.table import Table

from tests.bench.bench import a_load
from tests.bench.chart import Curve, Curves
from tests.bench.contenders.contender import Contender
from tests.bench.contenders.roster import ROSTER
from tests.bench.growing.extent import Extent, console
from tests.bench.growing.finding import Finding
from tests.bench.load import Load
from tests.bench.resources import CpuSeconds, Memory, cpu_seconds
from tests.bench.store import emptied
from tests.bench.subscriber import SILENCE_SECONDS, SilenceError

_SAMPLE_SECONDS: Final = 1.0
_SAMPLES_OF_TENTHS: Final = 20
_PUBLISHED_AT_A_TIME: Final = 10_000


@dataclass(frozen=True, slots=True)
class Sample:
    seconds: float
    results: int
    worker_mb: float
    broker_mb: float
    cpu: CpuSeconds
    """Spent so far."""


@dataclass(frozen=True, slots=True)
class Tenth:
    """Of the time: results a second, the largest memory, and CPU seconds for 1,000 results."""

    per_second: float
    worker_mb: float
    broker_mb: float
    worker_cpu: float | None
    """None where no result came, as are the other two."""
    broker_cpu: float | None
    database_cpu: float | None


async def measure(extent: Extent) -> Finding:
    contender = ROSTER["ours-1"]
    async with a_load() as load:
        await emptied(load.stage)
        await _publish(load, contender, extent)
        async with contender.running(load.stage) as running:
            samples = await _samples(load, running.pids, extent.backlog)
    return finding(samples, extent.backlog)


async def _publish(load: Load, contender: Contender, extent: Extent) -> None:
    """Some at a time: all of them at once would fill the memory of the bench."""
    with Progress(console=console, transient=True) as progress:
        task = progress.add_task("publishing", total=extent.backlog)
        for first in range(0, extent.backlog, _PUBLISHED_AT_A_TIME):
            carts = extent.plan.corpus.carts(first, min(_PUBLISHED_AT_A_TIME, extent.backlog - first))
            await load.backlog([contender.enveloped(cart) for cart in carts])
            progress.advance(task, len(carts))


async def _samples(load: Load, workers: Sequence[int], total: int) -> list[Sample]:
    heard, memory, samples = load.subscriber, Memory(), list[Sample]()
    await heard.messages(1)
    started = came = perf_counter()
    with Progress(console=console, transient=True) as progress:
        task = progress.add_task("results", total=total)
        while heard.count < total:
            await asyncio.sleep(_SAMPLE_SECONDS)
            before = samples[-1].results if samples else 0
            samples.append(_sample(load, workers, memory, perf_counter() - started))
            progress.update(task, completed=heard.count)
            came = perf_counter() if heard.count > before else came
            if perf_counter() - came > SILENCE_SECONDS:
                raise SilenceError(f"{heard.count} of {total} results came, and then no more")
    return samples


def _sample(load: Load, workers: Sequence[int], memory: Memory, seconds: float) -> Sample:
    broker = [pid] if (pid := load.stage.services.rabbitmq.pid) else []
    worker_mb, broker_mb = (round(memory.sample(roots) / 1e6, 1) for roots in (workers, broker))
    spent = cpu_seconds(load.stage, workers)
    return Sample(round(seconds, 2), load.subscriber.count, worker_mb, broker_mb, spent)


def finding(samples: Sequence[Sample], total: int) -> Finding:
    """Tenths where there are samples enough for some in each. The last sample is no whole one."""
    whole = samples[:-1] or samples
    tenths = [_tenth(whole, number) for number in range(10) if len(whole) >= _SAMPLES_OF_TENTHS]
    document = {
        "tenths": [asdict(tenth) for tenth in tenths],
        "samples": [
            {name: value for name, value in asdict(each).items() if name != "cpu"} for each in samples
        ],
    }
    return Finding("Long backlog", [_table(tenths, total)], _panels(whole, total), document)


def _panels(samples: Sequence[Sample], total: int) -> list[Curves]:
    rate = Curve("results/s", _rates(samples))
    sizes = [
        Curve("worker MB", [(sample.seconds, sample.worker_mb) for sample in samples]),
        Curve("broker MB", [(sample.seconds, sample.broker_mb) for sample in samples]),
    ]
    return [
        Curves(f"A backlog of {total:,}: results a second", "seconds", [rate]),
        Curves(f"A backlog of {total:,}: memory", "seconds", sizes),
    ]


def _table(tenths: Sequence[Tenth], total: int) -> Table:
    cpu = (f"{process} CPU s / 1,000" for process in ("worker", "broker", "database"))
    title = f"A backlog of {total:,}, tenth by tenth"
    table = Table("", "results/s", "worker MB", "broker MB", *cpu, title=title)
    for number, tenth in enumerate(tenths):
        rate_and_sizes = (f"{value:,.0f}" for value in (tenth.per_second, tenth.worker_mb, tenth.broker_mb))
        found = (tenth.worker_cpu, tenth.broker_cpu, tenth.database_cpu)
        costs = ("" if value is None else f"{value:.2f}" for value in found)
        table.add_row(str(number + 1), *rate_and_sizes, *costs)
    return table


def _rates(samples: Sequence[Sample], over: int = 5) -> list[tuple[float, float]]:
    """Results a second, each over some samples."""
    return [
        (later.seconds, (later.results - earlier.results) / (later.seconds - earlier.seconds))
        for earlier, later in zip(samples, samples[over:], strict=False)
    ]


def _tenth(samples: Sequence[Sample], number: int) -> Tenth:
    first, last = (len(samples) - 1) * number // 10, (len(samples) - 1) * (number + 1) // 10
    part = samples[first : last + 1]
    results, spent = part[-1].results - part[0].results, part[-1].cpu - part[0].cpu
    return Tenth(
        round(results / (part[-1].seconds - part[0].seconds), 1),
        max(sample.worker_mb for sample in part),
        max(sample.broker_mb for sample in part),
        *(_of_1000(each, results) for each in (spent.worker, spent.broker, spent.database)),
    )


def _of_1000(seconds: float, results: int) -> float | None:
    return round(seconds * 1000 / results, 3) if results else None
