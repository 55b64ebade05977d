"""How fast the worker is beside what else could do its job: `python -m tests.bench.compare`.

Each contender gets the same carts on the same topology (quorum queues, persistent and confirmed messages,
durable commits), writes the same rows, and publishes a confirmed result before it acknowledges: the worker as
shipped; peers on FastStream, Taskiq and Celery, each as its documentation shows and with what a sweep
(`tests.bench.sweep`) found best. Task queues get their carts in envelopes of their own. Yardsticks for
broker and database are a relay that publishes what it consumes, by aio-pika and by the driver below it, and
the same rows by COPY.

Throughput: results that a subscriber hears from a backlog, which waits until the contender is warm. CPU:
seconds for 1,000 results. Memory: the largest resident set of all processes together. Latency: from when a
command was due to its result, at random moments, at rates that are the same for all and at shares of the
contender's own throughput. Contenders take turns, on fresh services in each round. What each has stored is
counted.
"""

import argparse
import json
import shlex
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import uvloop
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from tests.bench.bench import a_load
from tests.bench.chart import write
from tests.bench.contenders.contender import Contender
from tests.bench.contenders.roster import ROSTER
from tests.bench.corpus import CORPORA
from tests.bench.machine import description, in_short
from tests.bench.measurement import MOST_IN_A_BACKLOG, MiscountError, Plan, Run, measured
from tests.bench.plain_connection import RefusedError
from tests.bench.ratios import best_peer, ratios
from tests.bench.report import disturbances, panels_of, tables_of
from tests.bench.subscriber import SilenceError
from tests.bench.summary import Summary
from worker.embedded.process import StartError
from worker.embedded.services import MissingPackages

QUICK = ("ours-1", "relay", "insert")
QUICK_COUNT = 200
console = Console()


@dataclass(frozen=True, slots=True)
class Comparison:
    contenders: Sequence[Contender]
    plan: Plan
    runs: int

    async def run(self) -> tuple[list[Summary], dict[str, Any]]:
        """What was found, and what it ran on."""
        found: dict[str, list[Run]] = {each.name: [] for each in self.contenders}
        machine: dict[str, Any] = {}
        with _progress() as progress:
            task = progress.add_task("", total=self.runs * len(self.contenders))
            for number in range(self.runs):
                async with a_load() as load:
                    machine = await description(load.stage)
                    for contender in self._in_turn(number):
                        progress.update(task, description=f"{number + 1}: {contender.name}")
                        found[contender.name].append(await measured(contender, load, self.plan))
                        progress.advance(task)
        return [Summary(each, found[each.name]) for each in self.contenders], machine

    def _in_turn(self, number: int) -> Iterator[Contender]:
        """Everybody goes first once."""
        start = number % len(self.contenders)
        yield from self.contenders[start:]
        yield from self.contenders[:start]


def document(summaries: Sequence[Summary], comparison: Comparison, machine: dict[str, Any]) -> dict[str, Any]:
    corpus = comparison.plan.corpus
    return {
        "measured": datetime.now(UTC).isoformat(timespec="seconds"),
        "command": f"python -m tests.bench.compare {shlex.join(sys.argv[1:])}",
        "machine": machine,
        "corpus": {"name": corpus.name, "what": corpus.what, "bytes": len(corpus.carts(1, 1)[0].body)},
        "count": comparison.plan.count,
        "ratios": ratios(summaries),
        "contenders": {each.contender.name: each.document() for each in summaries},
    }


def keep(directory: Path, name: str, kept: dict[str, Any], summaries: Sequence[Summary]) -> None:
    directory.mkdir(parents=True, exist_ok=True)
    (directory / f"{name}.json").write_text(json.dumps(kept, indent=2) + "\n", "utf-8")
    foot = f"{kept['corpus']['what']}; {in_short(kept['machine'])}; {kept['measured'][:10]}"
    write(directory / f"{name}.svg", panels_of(summaries, best_peer(summaries)), foot)


def not_installed(contenders: Sequence[Contender]) -> str | None:
    """What to do where the extra is missing."""
    missing = sorted({module for each in contenders for module in each.missing})
    if not missing:
        return None
    install = "pip install -c deploy/constraints.txt -e '.[dev,bench]'"
    return f"Not installed: {', '.join(missing)}.\n{install}\nWithout them: --only {' --only '.join(QUICK)}"


def main() -> None:
    comparison, directory = _read_arguments()
    if complaint := not_installed(comparison.contenders):
        console.print(complaint, style="red", markup=False)
        sys.exit(2)
    try:
        summaries, machine = uvloop.run(comparison.run())
    except (MissingPackages, StartError, MiscountError, SilenceError, RefusedError) as error:
        console.print(str(error), style="red", markup=False)
        sys.exit(1)
    for table in tables_of(summaries, best_peer(summaries)):
        console.print(table)
    for sentence in disturbances(summaries):
        console.print(sentence, style="yellow")
    if directory:
        name = f"compare-{comparison.plan.corpus.name}"
        keep(directory, name, document(summaries, comparison, machine), summaries)


def _read_arguments() -> tuple[Comparison, Path | None]:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", action="append", choices=ROSTER, help="may be given more than once")
    parser.add_argument("--corpus", choices=CORPORA, default="typical")
    parser.add_argument("--count", type=int, default=5_000, help="messages of a backlog")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--latency-seconds", type=float, default=5, help="at each rate; 0: no latency")
    parser.add_argument("--quick", action="store_true", help="a few carts, to see that it works")
    parser.add_argument("--keep", type=Path, metavar="DIRECTORY", help="write JSON and SVG there")
    options = parser.parse_args()
    if options.count > MOST_IN_A_BACKLOG:
        parser.error(f"--count: at most {MOST_IN_A_BACKLOG:,}")
    if options.quick:
        options.only, options.count, options.runs = options.only or QUICK, QUICK_COUNT, 1
        options.latency_seconds = 0.5
    contenders = [ROSTER[name] for name in options.only or ROSTER]
    plan = Plan(CORPORA[options.corpus], options.count, options.latency_seconds)
    return Comparison(contenders, plan, options.runs), options.keep


def _progress() -> Progress:
    columns = (TextColumn("{task.description:16}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    return Progress(*columns, console=console, transient=True)


if __name__ == "__main__":
    main()
