"""What is measured of a contender: a backlog, then latency at some rates."""

import json
import statistics
from collections.abc import Sequence
from dataclasses import astuple, dataclass, replace
from time import perf_counter
from typing import Final

import psutil

from tests.bench.contenders.contender import Contender, Running
from tests.bench.corpus import BenchCart, Corpus, Rows, expected
from tests.bench.load import Load
from tests.bench.resources import CpuSeconds, Memory, cpu_seconds
from tests.bench.store import emptied, stored

_WARM_UP: Final = 0.1


class MiscountError(RuntimeError):
    """A contender did not store what it should have: its speed says nothing."""


# More take so long to publish that the broker takes the frozen contender for dead.
MOST_IN_A_BACKLOG: Final = 20_000


@dataclass(frozen=True, slots=True)
class Plan:
    """How much of what is measured."""

    corpus: Corpus
    count: int
    latency_seconds: float = 0
    first: int = 0
    """Which carts of the corpus: these are no others' where the database is not emptied."""

    def beginning_at(self, first: int) -> "Plan":
        return replace(self, first=first)


@dataclass(frozen=True, slots=True)
class Rate:
    """How fast commands come: so many a second, or a share of what the contender did with its backlog."""

    words: str
    per_second: float = 0
    share: float = 0

    def of(self, throughput: float) -> float:
        return self.per_second or self.share * throughput


# The second is two to three fifths of what the peers do.
RATES: Final = (
    Rate("idle, 20/s", per_second=20),
    Rate("at 200/s", per_second=200),
    Rate("at 20% of its own throughput", share=0.2),
    Rate("at 50% of its own throughput", share=0.5),
    Rate("at 80% of its own throughput", share=0.8),
)


@dataclass(frozen=True, slots=True)
class Latency:
    """From when a command was due to its result."""

    per_second: float
    p50_ms: float
    p95_ms: float
    p99_ms: float


@dataclass(frozen=True, slots=True)
class Run:
    per_second: float
    """Results of a backlog, after a warm-up."""
    worker_cpu: float
    """Seconds for 1,000 results, as are the other two."""
    broker_cpu: float
    database_cpu: float
    others_share: float
    """Of the machine's CPU: what neither the contender nor the bench used. Much of it spoils a run."""
    memory_mb: float | None
    rows: Rows
    latency: tuple[Latency, ...] = ()


async def measured(contender: Contender, load: Load, plan: Plan) -> Run:
    """One run, beginning with an empty database.

    Raises:
        MiscountError, SilenceError: the contender did not do its work.
    """
    await emptied(load.stage)
    if not contender.consumers:
        return await _inserted(contender, load, plan)
    return await Course(contender, load, plan).run()


class Course:
    """A run, whatever the database holds already."""

    def __init__(self, contender: Contender, load: Load, plan: Plan) -> None:
        self._contender = contender
        self._load = load
        self._plan = plan
        self._heard = load.subscriber
        self._memory = Memory()

    async def run(self) -> Run:
        """Raises: MiscountError, SilenceError."""
        plan = self._plan
        warm = int(plan.count * _WARM_UP)
        carts = plan.corpus.carts(plan.first, warm + plan.count)
        rows = await stored(self._load.stage)
        await self._load.clear()
        async with self._contender.running(self._load.stage) as running, self._memory.watched(running.pids):
            await self._heard_all(carts[:warm])
            per_second, cost, others = await self._drained(running, carts, warm)
            rows = await self._counted(rows, carts)
            wants_latency = plan.latency_seconds and not self._contender.is_limit
            latency = await self._latencies(per_second, plan.first + len(carts)) if wants_latency else ()
        memory = round(self._memory.largest_bytes / 1e6, 1)
        return Run(
            round(per_second, 1), cost.worker, cost.broker, cost.database, others, memory, rows, latency
        )

    async def _heard_all(self, carts: Sequence[BenchCart]) -> None:
        await self._load.backlog([self._contender.enveloped(cart) for cart in carts])
        await self._heard.messages(_distinct(carts))

    async def _drained(
        self, running: Running, carts: Sequence[BenchCart], warm: int
    ) -> tuple[float, CpuSeconds, float]:
        """Results a second, what 1,000 of them cost, and the others' share of the CPU meanwhile.

        The contender is frozen until the backlog is there: it should not race with who publishes it.
        """
        stage, backlog = self._load.stage, [self._contender.enveloped(cart) for cart in carts[warm:]]
        with running.frozen():
            await self._load.backlog(backlog)
            before, heard, started = cpu_seconds(stage, running.pids), self._heard.count, perf_counter()
        await self._heard.messages(_distinct(carts))
        seconds = max(self._heard.first.values()) - started
        results = self._heard.count - heard
        spent = cpu_seconds(stage, running.pids) - before
        return results / seconds, _for_1000(spent, results), _others_share(spent, seconds)

    async def _counted(self, before: Rows, carts: Sequence[BenchCart]) -> Rows:
        rows = await stored(self._load.stage) - before
        if self._contender.stores:
            _check(self._contender, rows, carts)
        return rows

    async def _latencies(self, per_second: float, first: int) -> tuple[Latency, ...]:
        found = []
        for rate in (each.of(per_second) for each in RATES):
            carts = self._plan.corpus.carts(first, max(20, int(rate * self._plan.latency_seconds)))
            first += len(carts)
            found.append(await self._latency(rate, carts))
        return tuple(found)

    async def _latency(self, rate: float, carts: Sequence[BenchCart]) -> Latency:
        self._heard.forget()
        due = await self._load.at_rate([self._contender.enveloped(cart) for cart in carts], rate)
        await self._heard.messages(_distinct(carts))
        came = self._heard.first
        # Of a message that comes twice the first one counts.
        when = {cart.message_id: at for cart, at in reversed(list(zip(carts, due, strict=True)))}
        taken = [1000 * (came[message_id] - at) for message_id, at in when.items()]
        percentiles = statistics.quantiles(taken, n=100, method="inclusive")
        p50, p95, p99 = (round(percentiles[number - 1], 2) for number in (50, 95, 99))
        return Latency(round(rate, 1), p50, p95, p99)


async def _inserted(contender: Contender, load: Load, plan: Plan) -> Run:
    """The limit without a broker runs to its end by itself."""
    stage = load.stage
    before, started = cpu_seconds(stage, []), perf_counter()
    text = await contender.output(stage, plan.corpus.name, str(plan.count))
    spent = cpu_seconds(stage, []) - before
    # COPY's own process has ended by now, so this counts it among the others.
    others = _others_share(spent, perf_counter() - started)
    database = _for_1000(spent, plan.count).database
    figures = json.loads(text)
    rows = await stored(stage)
    _check(contender, rows, plan.corpus.carts(0, plan.count))
    worker = round(figures["cpu"] * 1000 / rows.outcomes, 3)
    return Run(round(rows.outcomes / figures["seconds"], 1), worker, 0.0, database, others, None, rows)


def _distinct(carts: Sequence[BenchCart]) -> int:
    return len({cart.message_id for cart in carts})


def _for_1000(spent: CpuSeconds, results: int) -> CpuSeconds:
    return CpuSeconds(*(round(each * 1000 / results, 3) for each in astuple(spent)))


def _others_share(spent: CpuSeconds, seconds: float) -> float:
    return round(max(0.0, spent.others) / (seconds * (psutil.cpu_count() or 1)), 3)


def _check(contender: Contender, rows: Rows, carts: Sequence[BenchCart]) -> None:
    if rows != expected(carts):
        raise MiscountError(f"{contender.name} stored {rows}, expected {expected(carts)}")
