"""What processes cost: CPU seconds and memory."""

import asyncio
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import astuple, dataclass
from typing import Final

import psutil

from worker.demo.stage import Stage

_SAMPLE_SECONDS: Final = 0.5


@dataclass(frozen=True, slots=True)
class CpuSeconds:
    worker: float
    broker: float
    database: float
    bench: float
    others: float
    """All else on the machine: what does not belong to the measurement."""

    def __sub__(self, earlier: "CpuSeconds") -> "CpuSeconds":
        pairs = zip(astuple(self), astuple(earlier), strict=True)
        return CpuSeconds(*(now - before for now, before in pairs))


def cpu_seconds(stage: Stage, workers: Sequence[int]) -> CpuSeconds:
    worker = sum(map(_seconds_of, workers))
    broker, database = map(_seconds_of, (stage.services.rabbitmq.pid, stage.services.postgres.pid))
    bench = sum(psutil.Process().cpu_times()[:2])
    return CpuSeconds(worker, broker, database, bench, _busy() - worker - broker - database - bench)


class Memory:
    """The largest sum of resident sets seen. Processes that share pages count them each."""

    largest_bytes = 0

    @asynccontextmanager
    async def watched(self, roots: Sequence[int]) -> AsyncIterator[None]:
        watching = asyncio.create_task(self._watch(roots))
        try:
            yield
        finally:
            watching.cancel()
            self.sample(roots)

    def sample(self, roots: Sequence[int]) -> int:
        now = sum(each.memory_info().rss for root in roots for each in _tree(root))
        self.largest_bytes = max(self.largest_bytes, now)
        return now

    async def _watch(self, roots: Sequence[int]) -> None:
        while True:
            with suppress(psutil.NoSuchProcess):
                self.sample(roots)
            await asyncio.sleep(_SAMPLE_SECONDS)


def _busy() -> float:
    """CPU seconds that the machine spent on anything, since it was started."""
    times = psutil.cpu_times()
    return float(times.user + times.system + times.irq + times.softirq + times.steal)


def _seconds_of(root: int | None) -> float:
    """User and system time of a process, its children, and those of them that have ended."""
    total = 0.0
    for each in _tree(root):
        with suppress(psutil.NoSuchProcess):
            times = each.cpu_times()
            total += times.user + times.system + times.children_user + times.children_system
    return total


def _tree(root: int | None) -> Iterator[psutil.Process]:
    process = psutil.Process(root)
    yield process
    yield from process.children(recursive=True)
