"""Which prefetch and which number of processes or connections suits each peer: `python -m tests.bench.sweep`.

One run of each on the same services; what comes out best belongs into `contenders/roster.py`.
"""

import argparse
from collections.abc import Iterator
from dataclasses import replace

import uvloop
from rich.console import Console
from rich.progress import track

from tests.bench.bench import a_load
from tests.bench.contenders.contender import Contender
from tests.bench.contenders.roster import celery, faststream, taskiq
from tests.bench.corpus import CORPORA
from tests.bench.measurement import Plan, measured
from tests.bench.report import tables_of
from tests.bench.summary import Summary

console = Console()


def variants(peer: str) -> Iterator[Contender]:
    """Each named by what is different about it."""
    if peer == "celery":
        for processes in (2, 3, 4, 6, 8):
            for prefetch in (16, 64):
                yield _named(celery(processes, prefetch=prefetch), f"{processes} proc., {prefetch}")
        return
    make = {"faststream": faststream, "taskiq": taskiq}[peer]
    for workers in (1, 2):
        for prefetch, connections in ((10, 5), (20, 5), (50, 10), (100, 10), (200, 20)):
            variant = make(workers, prefetch=prefetch, connections=connections)
            yield _named(variant, f"{workers} proc., {prefetch}, {connections} conn.")


def _named(contender: Contender, words: str) -> Contender:
    return replace(contender, what=words)


async def swept(peer: str, plan: Plan) -> list[Summary]:
    async with a_load() as load:
        return [
            Summary(each, [await measured(each, load, plan)])
            for each in track(list(variants(peer)), peer, console=console, transient=True)
        ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("peer", choices=("faststream", "taskiq", "celery"))
    parser.add_argument("--count", type=int, default=3_000, help="messages of a run")
    options = parser.parse_args()
    for table in tables_of(uvloop.run(swept(options.peer, Plan(CORPORA["typical"], options.count))), None):
        console.print(table)


if __name__ == "__main__":
    main()
