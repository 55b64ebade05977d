"""`checkout catalog`: what may be bought."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import repeat
from pathlib import Path
from typing import Any, BinaryIO

from rich.progress import Progress

from contracts.catalog_file import CatalogFile
from worker.cli.catalog_report import print_report, report
from worker.cli.exit import Exit
from worker.cli.group import command_group
from worker.cli.lines import print_lines
from worker.cli.output import AsJson, DryRun, Limit, counted, errors, print_json
from worker.cli.services import database
from worker.cli.streams import interruptible
from worker.errors import ConfigurationFault
from worker.postgres.catalog import CatalogItems, ItemRow
from worker.settings import Settings

_ITEMS_BETWEEN_TURNS = 1_000
_CHOICES = ("billingCycles", "terms", "currencies")

app = command_group("catalog", about="The catalog: what can be bought, and how.")


@app.command(name="import")
async def import_catalog(file: Path, /, *, dry_run: DryRun = False, json: AsJson = False) -> int:
    """Replace the catalog with the items of a file, all at once or not at all.

    Parameters
    ----------
    file
        An NDJSON file, one item per line.
    dry_run
        Only check the file.
    """
    with Progress(console=errors, transient=True, disable=not errors.is_terminal) as progress:
        with _opened(file, progress) as stream, interruptible():
            read = CatalogFile(stream)
            rows = await _rows(read)
        revision = None
        if not (dry_run or read.problems.count):
            task = progress.add_task("writing", total=len(rows))
            revision = await _replace(rows, lambda count: progress.advance(task, count))
    if json:
        print_json(report(file, len(rows), read, revision))
    else:
        print_report(file, len(rows), read, revision)
    return Exit.PROBLEMS if read.problems.count else Exit.OK


@contextmanager
def _opened(file: Path, progress: Progress) -> Iterator[BinaryIO]:
    """The file, its reading shown. Raises: ConfigurationFault."""
    try:
        with progress.open(file, "rb", description="checking") as stream:
            yield stream
    except OSError as error:
        raise ConfigurationFault(f"{file} cannot be read: {error.strerror}") from None


async def _rows(read: CatalogFile) -> list[ItemRow]:
    rows: list[ItemRow] = []
    for item in read.items():
        rows.append(ItemRow.of(item))
        if len(rows) % _ITEMS_BETWEEN_TURNS == 0:
            # Where Ctrl-C is heard.
            await asyncio.sleep(0)
    return rows


async def _replace(rows: list[ItemRow], progress: Callable[[int], None]) -> int:
    async with database(Settings.load()) as pool:
        return await CatalogItems(pool).replace(rows, progress)


@app.command(name="list")
async def list_items(
    *, item: str | None = None, search: str | None = None, limit: Limit = 50, json: AsJson = False
) -> None:
    """List catalog items, ordered by id.

    Parameters
    ----------
    item
        Only the item with this id.
    search
        Only items with this text in their id or title; case is ignored.
    limit
        List at most this many.
    """
    async with database(Settings.load()) as pool:
        items = await CatalogItems(pool).list(limit, item=item, search=search)
        count = await CatalogItems(pool).count()
    if json:
        print_json(items)
        return
    title = f"Catalog, {len(items):,} of {counted(count, 'item')}"
    print_lines(title, ("item", "on sale", "quantity", "what"), list(map(_row, items)), whole=("item",))


def _row(item: dict[str, Any]) -> tuple[object, ...]:
    return (
        item.get("catalogItemId"),
        "yes" if item.get("onSale") else "no",
        f"{item.get('minimumQuantity')} to {item.get('maximumQuantity')}",
        f"{item.get('title')}: {'; '.join(filter(None, map(_listed, _CHOICES, repeat(item))))}",
    )


def _listed(member: str, item: dict[str, Any]) -> str:
    return ", ".join(each or "no term" for each in item.get(member, ()))
