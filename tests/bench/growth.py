"""How the worker does when things grow: `python -m tests.bench.growth`.

processes: throughput of 1, 2 and 4. catalog: throughput with 200,000 items, and with 10. stored: throughput
beside a million stored checkouts, and beside none. backlog: whether a long one drains at one rate, and in one
amount of memory.
"""

import argparse
import json
import shlex
import sys
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import uvloop

from tests.bench.bench import a_load
from tests.bench.chart import write
from tests.bench.growing import large_catalog, long_backlog, stored_checkouts, worker_processes
from tests.bench.growing.extent import Extent, console
from tests.bench.growing.finding import Finding
from tests.bench.machine import description, in_short
from tests.bench.measurement import MiscountError
from tests.bench.plain_connection import RefusedError
from tests.bench.subscriber import SilenceError
from worker.embedded.process import StartError
from worker.embedded.services import MissingPackages

PARTS: Final[Mapping[str, Callable[[Extent], Awaitable[Finding]]]] = {
    "processes": worker_processes.measure,
    "catalog": large_catalog.measure,
    "stored": stored_checkouts.measure,
    "backlog": long_backlog.measure,
}


async def run(parts: Sequence[str], extent: Extent) -> tuple[dict[str, Finding], dict[str, Any]]:
    """What was found, and what it ran on."""
    async with a_load() as load:
        machine = await description(load.stage)
    found = {}
    for part in parts:
        console.print(f"{part} ...")
        found[part] = await PARTS[part](extent)
        for table in found[part].tables:
            console.print(table)
    return found, machine


def keep(directory: Path, found: Mapping[str, Finding], machine: dict[str, Any]) -> None:
    """A file each, so that one part can be measured again."""
    directory.mkdir(parents=True, exist_ok=True)
    now = datetime.now(UTC).isoformat(timespec="seconds")
    command = f"python -m tests.bench.growth {shlex.join(sys.argv[1:])}"
    for part, finding in found.items():
        kept = {"measured": now, "command": command, "machine": machine, "found": finding.document}
        (directory / f"growth-{part}.json").write_text(json.dumps(kept, indent=2) + "\n", "utf-8")
        write(directory / f"growth-{part}.svg", finding.panels, f"{in_short(machine)}; {now[:10]}")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--part", action="append", choices=PARTS, help="may be given more than once")
    parser.add_argument("--stored", type=int, default=1_000_000, help="checkouts")
    parser.add_argument("--backlog", type=int, default=100_000, help="messages")
    parser.add_argument("--items", type=int, default=200_000, help="of the catalog")
    parser.add_argument("--count", type=int, default=5_000, help="messages of a run")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--keep", type=Path, metavar="DIRECTORY", help="write JSON and SVG there")
    options = parser.parse_args()
    extent = Extent(options.stored, options.backlog, options.items, options.count, options.runs)
    try:
        found, machine = uvloop.run(run(options.part or list(PARTS), extent))
    except (MissingPackages, StartError, MiscountError, SilenceError, RefusedError) as error:
        console.print(str(error), style="red", markup=False)
        sys.exit(1)
    if options.keep:
        keep(options.keep, found, machine)


if __name__ == "__main__":
    main()
