"""What is measured of a contender: a backlog, then latency at shares of what it did with that."""

import json
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from time import perf_counter
from typing import Final

from tests.bench.contenders.contender import Contender
from tests.bench.corpus import BenchCart, Corpus, Rows, expected
from tests.bench.load import Load
from tests.bench.resources import CpuSeconds, Memory, cpu_seconds
from tests.bench.store import emptied, stored

SHARES: Final = (0.2, 0.5, 0.8)
_WARM_UP: Final = 0.1


class MiscountError(RuntimeError):
    """A contender did not store what it should have: its speed says nothing."""


@dataclass(frozen=True, slots=True)
class Plan:
    """How much of what is measured."""

    corpus: Corpus
    count: int
    latency_seconds: float = 0


@dataclass(frozen=True, slots=True)
class Latency:
    """From when a command was due to its result, at a share of the contender's throughput."""

    share: float
    per_second: float
    p50_ms: float
    p95_ms: float
    p99_ms: float


@dataclass(frozen=True, slots=True)
class Run:
    per_second: float
    """Results, from after the warm-up to the last."""
    worker_cpu: float
    """Seconds for 1,000 results, as are the other two."""
    broker_cpu: float
    database_cpu: float
    memory_mb: float | None
    rows: Rows
    latency: tuple[Latency, ...] = ()


async def measured(contender: Contender, load: Load, plan: Plan) -> Run:
    """One run, beginning with an empty database and an empty queue.

    Raises:
        MiscountError, SilenceError: the contender did not do its work.
    """
    await emptied(load.stage)
    await load.clear()
    if not contender.consumers:
        return await _inserted(contender, load, plan)
    return await _Course(contender, load, plan).run()


class _Course:
    def __init__(self, contender: Contender, load: Load, plan: Plan) -> None:
        self._contender = contender
        self._load = load
        self._plan = plan
        self._heard = load.subscriber
        self._memory = Memory()

    async def run(self) -> Run:
        plan = self._plan
        warm = int(plan.count * _WARM_UP)
        carts = plan.corpus.carts(0, warm + plan.count)
        await self._load.backlog([self._contender.enveloped(cart) for cart in carts])
        async with self._contender.running(self._load.stage) as workers, self._memory.watched(workers):
            per_second, cost, rows = await self._drained(workers, carts, warm)
            wants_latency = plan.latency_seconds and not self._contender.is_limit
            latency = await self._latencies(per_second, len(carts)) if wants_latency else ()
        return Run(
            round(per_second, 1),
            cost.worker,
            cost.broker,
            cost.database,
            round(self._memory.largest_bytes / 1e6, 1),
            rows,
            latency,
        )

    async def _drained(
        self, workers: Sequence[int], carts: Sequence[BenchCart], warm: int
    ) -> tuple[float, CpuSeconds, Rows]:
        """Results a second, what 1,000 of them cost, and what is stored then."""
        stage = self._load.stage
        await self._heard.messages(warm)
        before, heard, started = cpu_seconds(stage, workers), self._heard.count, perf_counter()
        await self._heard.messages(len({cart.message_id for cart in carts}))
        ended = max(self._heard.first.values())
        results = self._heard.count - heard
        cost = _for_1000(cpu_seconds(stage, workers) - before, results)
        rows = await stored(stage)
        if self._contender.stores and rows != expected(carts):
            raise MiscountError(f"{self._contender.name} stored {rows}, expected {expected(carts)}")
        return results / (ended - started), cost, rows

    async def _latencies(self, per_second: float, first: int) -> tuple[Latency, ...]:
        found = []
        for share in SHARES:
            rate = per_second * share
            carts = self._plan.corpus.carts(first, max(100, int(rate * self._plan.latency_seconds)))
            first += len(carts)
            found.append(await self._latency(share, rate, carts))
        return tuple(found)

    async def _latency(self, share: float, rate: float, carts: Sequence[BenchCart]) -> Latency:
        self._heard.forget()
        due = await self._load.at_rate([self._contender.enveloped(cart) for cart in carts], rate)
        await self._heard.messages(len({cart.message_id for cart in carts}))
        came = self._heard.first
        # Of a message that comes twice the first one counts.
        when = {cart.message_id: at for cart, at in reversed(list(zip(carts, due, strict=True)))}
        taken = [1000 * (came[message_id] - at) for message_id, at in when.items()]
        percentiles = statistics.quantiles(taken, n=100, method="inclusive")
        p50, p95, p99 = (round(percentiles[number - 1], 2) for number in (50, 95, 99))
        return Latency(share, round(rate, 1), p50, p95, p99)


async def _inserted(contender: Contender, load: Load, plan: Plan) -> Run:
    """The limit without a broker runs to its end by itself."""
    stage = load.stage
    before = cpu_seconds(stage, [])
    text = await contender.output(stage, plan.corpus.name, str(plan.count))
    database = _for_1000(cpu_seconds(stage, []) - before, plan.count).database
    figures = json.loads(text)
    rows, carts = await stored(stage), plan.corpus.carts(0, plan.count)
    if rows != expected(carts):
        raise MiscountError(f"{contender.name} stored {rows}, expected {expected(carts)}")
    worker = round(figures["cpu"] * 1000 / rows.outcomes, 3)
    return Run(round(rows.outcomes / figures["seconds"], 1), worker, 0.0, database, None, rows)


def _for_1000(spent: CpuSeconds, results: int) -> CpuSeconds:
    return CpuSeconds(
        *(round(each * 1000 / results, 3) for each in (spent.worker, spent.broker, spent.database))
    )
