"""Throughput beside a large number of stored checkouts, and beside none."""

from pathlib import Path
from typing import Final

from rich.progress import track

from tests.bench.bench import a_load
from tests.bench.contenders.roster import ROSTER
from tests.bench.growing.extent import Extent, console
from tests.bench.growing.finding import Finding, of_settings
from tests.bench.measurement import Course, Run, measured
from tests.bench.sql_file import statements
from tests.bench.store import TABLES
from worker.demo.stage import Stage

_COPIES_AT_A_TIME: Final = 200
_DEADLINE_SECONDS: Final = 600
_GROW: Final = statements(Path(__file__).with_name("grow.sql"))
_TEMPLATES: Final = [text for name, text in _GROW.items() if name.startswith("template")]
_COPIES: Final = [text for name, text in _GROW.items() if name.startswith("copy")]


async def measure(extent: Extent) -> Finding:
    """In turns, on services of their own: the machine's pace changes while a million are stored."""
    beside_none: list[Run] = []
    beside_many: list[Run] = []
    async with a_load() as empty, a_load() as full:
        await measured(ROSTER["ours-1"], full, extent.plan)
        await _grow(full.stage, extent.stored)
        for number in range(extent.runs):
            beside_none.append(await measured(ROSTER["ours-1"], empty, extent.plan))
            # Other carts each time, where those of the last time are still there.
            plan = extent.plan.beginning_at((number + 1) * 10 * extent.count)
            beside_many.append(await Course(ROSTER["ours-1"], full, plan).run())
    runs = {"none stored": beside_none, f"{extent.stored:,} stored": beside_many}
    return of_settings("Stored checkouts", ROSTER["ours-1"], runs)


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
        await connection.execute("RESET statement_timeout; RESET synchronous_commit")
