"""The database between two measurements: what it holds, and emptied."""

from tests.bench.corpus import Rows
from worker.demo.stage import Stage

TABLES = ("outcomes", "carts", "orders", "order_line_items", "order_errors")
_COUNTS = "SELECT " + ", ".join(f"(SELECT count(*) FROM {table})" for table in TABLES)  # noqa: S608
_EMPTY = f"TRUNCATE {', '.join(TABLES)}"


async def stored(stage: Stage) -> Rows:
    counts = await stage.pool.fetchrow(_COUNTS)
    return Rows(*(counts or ()))


async def emptied(stage: Stage) -> None:
    await stage.pool.execute(_EMPTY)
