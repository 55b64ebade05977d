"""Throughput beside a large number of stored checkouts, and beside none."""

from pathlib import Path
from typing import Final

from rich.progress import track

from tests.bench.bench import a_load
from tests.bench.contenders.roster import ROSTER
from tests.bench.growing.extent import Extent, console
from tests.bench.growing.finding import Finding, of_settings
from tests.bench.load import Load
from tests.bench.measurement import Course, Run
from tests.bench.sql_file import statements
from tests.bench.store import TABLES, emptied
from worker.demo.stage import Stage

_COPIES_AT_A_TIME: Final = 200
_DEADLINE_SECONDS: Final = 600
_GROW: Final = statements(Path(__file__).with_name("grow.sql"))
_TEMPLATES: Final = [text for name, text in _GROW.items() if name.startswith("template")]
_COPIES: Final = [text for name, text in _GROW.items() if name.startswith("copy")]


async def measure(extent: Extent) -> Finding:
    contender = ROSTER["ours-1"]
    async with a_load() as load:
        beside_none = await _runs(load, extent, keep=0)
        await _grow(load.stage, extent.stored)
        beside_many = await _runs(load, extent, keep=extent.stored)
    runs = {"none stored": beside_none, f"{extent.stored:,} stored": beside_many}
    return of_settings("Stored checkouts", contender, runs)


async def _runs(load: Load, extent: Extent, *, keep: int) -> list[Run]:
    """Only the first one starts with exactly so many stored; the others are a few thousand more."""
    found = []
    for number in range(extent.runs):
        if not keep:
            await emptied(load.stage)
        # Other carts each time, where those of the last time are still there.
        first = (number + 1) * 10 * extent.count if keep else 0
        found.append(await Course(ROSTER["ours-1"], load, extent.plan.beginning_at(first)).run())
    return found


async def _grow(stage: Stage, count: int) -> None:
    """Copies of checkouts that the worker did, so that they are what a worker stores."""
    async with stage.pool.acquire() as connection:
        await connection.execute("SET statement_timeout = 0; SET synchronous_commit = off")
        for template in _TEMPLATES:
            await connection.execute(template)
        last = count // await connection.fetchval("SELECT count(*) FROM template_carts")
        starts = range(1, last + 1, _COPIES_AT_A_TIME)
        for start in track(starts, f"storing {count:,} checkouts", console=console, transient=True):
            for copy in _COPIES:
                end = min(start + _COPIES_AT_A_TIME - 1, last)
                await connection.execute(copy, start, end, timeout=_DEADLINE_SECONDS)
        for table in TABLES:
            await connection.execute(f"VACUUM ANALYZE {table}", timeout=_DEADLINE_SECONDS)
