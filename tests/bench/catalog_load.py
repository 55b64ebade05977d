"""What a large catalog costs a worker, on private services of its own: `python tests/bench/catalog_load.py`.

start, memory: `checkout run` until it is ready, and its resident set then; with the large catalog, and with
the demonstration's 10 items. largest_memory: the same while it reloads, one item in a hundred changed (few),
then every one (all). import: `checkout catalog import` from its start to its end.

In a process that runs nothing but the follower: load: until the catalog can be used. stall: by how much the
event loop came too late at most. busy: the most CPU time that it spent until its next turn, which is the
stall on a machine with nothing else to do. followed: from the commit of an import to the new catalog in use.
lookup: one item.
"""

import argparse
import asyncio
import json
import platform
import random
import statistics
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter, thread_time
from timeit import repeat
from typing import Any

import psutil
import uvloop
from pydantic_core import to_json
from rich.console import Console
from rich.table import Table

from worker.catalog_follower import CatalogFollower
from worker.checkout.catalog import Catalog
from worker.collector import tune_collector
from worker.demo.stage import Stage, a_stage, a_worker
from worker.demo.worker_process import WorkerProcess
from worker.embedded.process import SYSTEM_PATH
from worker.postgres.catalog_feed import CatalogFeed, listening
from worker.telemetry import LogEvent

LETTERS = "0123456789BCDFGHJKLMNPQRSTVWXZ"
PLANS: tuple[Mapping[str, Any], ...] = (
    {"billingCycles": ["monthly"], "terms": ["P1M"]},
    {"billingCycles": ["monthly", "annual"], "terms": ["P1M", "P1Y"]},
    {"billingCycles": ["annual"], "terms": ["P1Y", "P3Y"]},
    {"billingCycles": ["one_time"]},
    {"billingCycles": ["monthly", "annual", "triennial"], "terms": ["P1M", "P1Y", "P3Y"]},
)
CURRENCIES = (["USD"], ["EUR"], ["USD", "EUR"], ["USD", "EUR", "GBP", "CHF", "SEK", "NOK", "DKK"])
VARIABLES = [{"key": "subscriptionId", "required": True}, {"key": "scope", "values": ["shared", "single"]}]
CHANGES = {"few_changed": 100, "all_changed": 1}
SETTLED_SECONDS = 1.0
SILENCE_SECONDS = 60
console = Console()


def generated_items(count: int) -> Iterator[dict[str, Any]]:
    """Items with ids and titles of usual length, nearly all different; every seventh an add-on to others."""
    chance = random.Random(7)
    ids: list[str] = []
    for number in range(count):
        part = "".join(chance.choices(LETTERS, k=4))
        ids.append(f"CFQ7TTC0{part}:{chance.randrange(1, 30):04}:CFQ7TTC0{number:05X}")
        item: dict[str, Any] = {
            "catalogItemId": ids[-1],
            "title": f"Product {part} {number % 1000} (Plan {chance.randrange(1, 9)})",
            "onSale": chance.random() > 0.03,
            "maximumQuantity": chance.choice((1, 25, 300, 10_000, 2_147_483_647)),
            "currencies": chance.choice(CURRENCIES),
            **chance.choice(PLANS),
        }
        if chance.random() < 0.15:
            item |= {"isAddon": True, "prerequisites": chance.choices(ids, k=chance.randrange(1, 4))}
        if chance.random() < 0.2:
            item["provisioningVariables"] = VARIABLES
        if chance.random() < 0.05:
            item["promotions"] = [f"39NFJQT1P{chance.randrange(500):03}:0001:39NFJQT1Q5LC"]
        yield item


class Large:
    """A large catalog, written to a file with some of its items changed."""

    def __init__(self, count: int, directory: Path) -> None:
        self._items = list(generated_items(count))
        self._file = directory / "large.ndjson"
        self._turn = 0
        self.ids = [item["catalogItemId"] for item in self._items]

    def file(self, *, every: int | None = None) -> Path:
        """One item in so many changed, differently each time."""
        self._turn += 1
        change = {"minimumQuantity": 1, "maximumQuantity": 400 + self._turn}
        with self._file.open("wb") as file:
            for number, item in enumerate(self._items):
                changed = every is not None and number % every == 0
                file.write(to_json(item | change if changed else item) + b"\n")
        return self._file


async def measure(count: int) -> dict[str, float]:
    """One run on fresh services."""
    with TemporaryDirectory() as directory:
        large = Large(count, Path(directory))
        async with a_stage() as stage:
            figures = await in_a_worker(stage, "_10_items")
            figures["import_s"] = await imported(stage, large.file())
            figures |= await in_a_worker(stage, "")
            figures |= await reloaded_by_a_worker(stage, large)
            return figures | await in_this_process(stage, large)


async def imported(stage: Stage, file: Path) -> float:
    begun = perf_counter()
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "worker", "catalog", "import", str(file)),
        env={"PATH": SYSTEM_PATH, **stage.environment},
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )
    if await process.wait():
        raise RuntimeError("the import failed")
    return perf_counter() - begun


async def in_a_worker(stage: Stage, which: str) -> dict[str, float]:
    begun = perf_counter()
    async with a_worker(stage) as worker:
        return {f"start_s{which}": perf_counter() - begun, f"memory_mb{which}": memory(worker)}


async def reloaded_by_a_worker(stage: Stage, large: Large) -> dict[str, float]:
    """The largest memory of a worker that reloads."""
    figures = {}
    async with a_worker(stage) as worker:
        for name, every in CHANGES.items():
            seen = loads(worker)
            looking = asyncio.create_task(largest_memory(worker))
            await imported(stage, large.file(every=every))
            while loads(worker) == seen:  # noqa: ASYNC110 - a log tells nobody
                await asyncio.sleep(0.05)
            await asyncio.sleep(SETTLED_SECONDS)
            looking.cancel()
            figures[f"largest_memory_mb_{name}"] = await looking
    return figures


def loads(worker: WorkerProcess) -> int:
    return worker.log.read_text().count(LogEvent.CATALOG_LOADED)


def memory(worker: WorkerProcess) -> float:
    return float(psutil.Process(worker.pid).memory_info().rss) / 1e6


async def largest_memory(worker: WorkerProcess) -> float:
    largest = 0.0
    with suppress(asyncio.CancelledError):
        while True:
            largest = max(largest, memory(worker))
            await asyncio.sleep(0.005)
    return largest


async def in_this_process(stage: Stage, large: Large) -> dict[str, float]:
    """What the follower does to its event loop, and how fast it is; alone but for the probe."""
    url = stage.environment["CHECKOUT_DATABASE_URL"]
    follower = CatalogFollower(lambda: listening(url, "bench"), is_open=False, default_currency="USD")
    tune_collector()
    probe = Probe()
    probing, following = asyncio.create_task(probe.run()), asyncio.create_task(follower.run())
    begun = perf_counter()
    await follower.wait_until_usable()
    figures = {"load_s": perf_counter() - begun}
    figures |= await probe.settled("load")
    async with listening(url, "bench") as feed:
        for name, every in CHANGES.items():
            figures |= await reloaded(stage, follower, feed, probe, (name, large.file(every=every)))
    probing.cancel()
    following.cancel()
    return figures | {"lookup_us": lookup(follower.catalog, large.ids)}


async def reloaded(
    stage: Stage, follower: CatalogFollower, feed: CatalogFeed, probe: "Probe", change: tuple[str, Path]
) -> dict[str, float]:
    name, file = change
    former = follower.catalog
    await probe.settled(name)
    importing = asyncio.create_task(imported(stage, file))
    await feed.news(SILENCE_SECONDS)
    told = perf_counter()
    while follower.catalog is former:  # noqa: ASYNC110 - nobody is told but by looking
        await asyncio.sleep(0.001)
    figures = {f"followed_s_{name}": perf_counter() - told}
    del former
    await importing
    return figures | await probe.settled(name)


class Probe:
    """Turns with the event loop every millisecond, and notes what came between two turns."""

    def __init__(self) -> None:
        self._late = self._busy = 0.0

    async def run(self) -> None:
        while True:
            begun, spent = perf_counter(), thread_time()
            await asyncio.sleep(0.001)
            self._late = max(self._late, perf_counter() - begun - 0.001)
            self._busy = max(self._busy, thread_time() - spent)

    async def settled(self, name: str) -> dict[str, float]:
        """The most since last asked, in milliseconds, with what comes after a load."""
        await asyncio.sleep(SETTLED_SECONDS)
        figures = {f"stall_ms_{name}": self._late * 1000, f"busy_ms_{name}": self._busy * 1000}
        self._late = self._busy = 0.0
        return figures


def lookup(catalog: Catalog, ids: list[str]) -> float:
    """Microseconds for one item, items in no order."""
    asked = random.Random(3).choices(ids, k=20_000)

    def look() -> None:
        for each in asked:
            catalog.find(each)

    return min(repeat(look, number=1, repeat=5)) * 1e6 / len(asked)


def report(runs: Sequence[Mapping[str, float]]) -> dict[str, float]:
    """The median of each figure, printed."""
    table = Table("figure", *(f"run {number + 1}" for number in range(len(runs))), "median")
    medians = {name: statistics.median(run[name] for run in runs) for name in runs[0]}
    for name, median in medians.items():
        table.add_row(name, *(f"{run[name]:,}" for run in runs), f"{median:,}")
    console.print(table)
    return medians


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--items", type=int, default=200_000)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--json", type=Path, help="where to keep the results")
    options = parser.parse_args()
    runs = [
        {name: round(figure, 2) for name, figure in uvloop.run(measure(options.items)).items()}
        for _ in range(options.runs)
    ]
    medians = report(runs)
    if options.json:
        machine = {
            "cores": psutil.cpu_count(),
            "python": platform.python_version(),
            "system": f"{platform.system()} {platform.machine()}",
            "load_average_at_the_end": psutil.getloadavg()[0],
        }
        document = {
            "measured": datetime.now(UTC).isoformat(timespec="seconds"),
            "command": f"python tests/bench/catalog_load.py --items {options.items} --runs {options.runs}",
            "machine": machine,
            "median": medians,
            "runs": runs,
        }
        options.json.write_text(json.dumps(document, indent=2) + "\n")


if __name__ == "__main__":
    main()
