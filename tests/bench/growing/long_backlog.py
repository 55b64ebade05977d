"""Whether a long backlog drains at one rate and in one amount of memory, from its begin to its end."""

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
from tests.bench.resources import Memory
from tests.bench.store import emptied
from tests.bench.subscriber import SILENCE_SECONDS, SilenceError

_SAMPLE_SECONDS: Final = 1.0
_PUBLISHED_AT_A_TIME: Final = 10_000


@dataclass(frozen=True, slots=True)
class Sample:
    seconds: float
    results: int
    worker_mb: float
    broker_mb: float


async def measure(extent: Extent) -> Finding:
    contender = ROSTER["ours-1"]
    async with a_load() as load:
        await emptied(load.stage)
        await _publish(load, contender, extent)
        async with contender.running(load.stage) as running:
            samples = await _samples(load, running.pids, extent.backlog)
    return _finding(samples, extent.backlog)


async def _publish(load: Load, contender: Contender, extent: Extent) -> None:
    """Some at a time: all of them at once would fill the memory of the bench."""
    with Progress(console=console, transient=True) as progress:
        task = progress.add_task("publishing", total=extent.backlog)
        for first in range(0, extent.backlog, _PUBLISHED_AT_A_TIME):
            carts = extent.plan.corpus.carts(first, min(_PUBLISHED_AT_A_TIME, extent.backlog - first))
            await load.backlog([contender.enveloped(cart) for cart in carts])
            progress.advance(task, len(carts))


async def _samples(load: Load, workers: Sequence[int], total: int) -> list[Sample]:
    heard, memory = load.subscriber, Memory()
    broker = [pid] if (pid := load.stage.services.rabbitmq.pid) else []
    await heard.messages(1)
    samples, started, came = list[Sample](), perf_counter(), perf_counter()
    with Progress(console=console, transient=True) as progress:
        task = progress.add_task("results", total=total)
        while heard.count < total:
            await asyncio.sleep(_SAMPLE_SECONDS)
            now, before = perf_counter(), samples[-1].results if samples else 0
            sizes = (memory.sample(workers) / 1e6, memory.sample(broker) / 1e6)
            samples.append(Sample(round(now - started, 2), heard.count, *(round(size, 1) for size in sizes)))
            progress.update(task, completed=heard.count)
            came = now if heard.count > before else came
            if now - came > SILENCE_SECONDS:
                raise SilenceError(f"{heard.count} of {total} results came, and then no more")
    return samples


def _finding(samples: Sequence[Sample], total: int) -> Finding:
    whole = samples[:-1] or samples
    table = Table("", "results/s", "worker MB", "broker MB", title=f"A backlog of {total:,}, tenth by tenth")
    rows = [_tenth(whole, number) for number in range(10) if len(whole) >= 20]
    for number, row in enumerate(rows):
        table.add_row(str(number + 1), *(f"{value:,.0f}" for value in row))
    rate = Curve("results/s", _rates(whole))
    sizes = [
        Curve("worker MB", [(sample.seconds, sample.worker_mb) for sample in whole]),
        Curve("broker MB", [(sample.seconds, sample.broker_mb) for sample in whole]),
    ]
    panels = [
        Curves(f"A backlog of {total:,}: results a second", "seconds", [rate]),
        Curves(f"A backlog of {total:,}: memory", "seconds", sizes),
    ]
    document = {"tenths": rows, "samples": [asdict(sample) for sample in samples]}
    return Finding("Long backlog", [table], panels, document)


def _rates(samples: Sequence[Sample], over: int = 5) -> list[tuple[float, float]]:
    """Results a second, each over some samples."""
    return [
        (later.seconds, (later.results - earlier.results) / (later.seconds - earlier.seconds))
        for earlier, later in zip(samples, samples[over:], strict=False)
    ]


def _tenth(samples: Sequence[Sample], number: int) -> tuple[float, float, float]:
    """Results a second, and the largest memory, in a tenth of the time."""
    first, last = (len(samples) - 1) * number // 10, (len(samples) - 1) * (number + 1) // 10
    part = samples[first : last + 1]
    rate = (part[-1].results - part[0].results) / (part[-1].seconds - part[0].seconds)
    return (
        round(rate, 1),
        max(sample.worker_mb for sample in part),
        max(sample.broker_mb for sample in part),
    )
