"""`checkout catalog`: what may be bought."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

from cyclopts import App
from pydantic import ValidationError
from pydantic_core import from_json
from rich.progress import Progress

from contracts.catalog import CatalogLine
from worker.cli.output import AsJson, DryRun, Limit, console, errors, print_json, print_table
from worker.cli.services import database
from worker.postgres.catalog import CatalogItems
from worker.settings import Settings

_SHOWN_PROBLEMS = 20

app = App(name="catalog", help="The catalog: what may be bought, and how.")


@app.command(name="import")
async def import_catalog(file: Path, *, dry_run: DryRun = False) -> int:
    """Replace the catalog by the items of a file, all at once or not at all.

    Parameters
    ----------
    file
        NDJSON, one item a line.
    dry_run
        Only check the file.
    """
    try:
        text = await asyncio.to_thread(file.read_text, encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        errors.print(f"{file} cannot be read: {getattr(error, 'strerror', None) or error}", markup=False)
        return 1
    lines, problems = _read(text)
    for problem in problems[:_SHOWN_PROBLEMS]:
        errors.print(f"{file}:{problem}", markup=False, highlight=False)
    if problems:
        errors.print(
            f"{len(problems)} problems found; the catalog stays as it was (one item a line is expected)"
        )
        return 1
    if dry_run:
        console.print(f"{len(lines)} items would be imported")
        return 0
    await _replace(lines)
    return 0


async def _replace(lines: list[CatalogLine]) -> None:
    async with database(Settings.load()) as pool:
        with Progress(console=errors, transient=True, disable=not errors.is_terminal) as progress:
            task = progress.add_task("importing", total=len(lines))
            revision = await CatalogItems(pool).replace(lines, lambda count: progress.advance(task, count))
    console.print(f"imported {len(lines)} items, catalog revision {revision}")


@app.command(name="list")
async def list_items(*, limit: Limit = 50, json: AsJson = False) -> None:
    """List catalog items by id.

    Parameters
    ----------
    limit
        How many at most.
    json
        Print JSON.
    """
    async with database(Settings.load()) as pool:
        items = await CatalogItems(pool).list(limit)
        count = await CatalogItems(pool).count()
    if json:
        print_json(items)
        return
    columns = ("item", "title", "on sale", "quantity", "cycles", "terms", "currencies")
    print_table(f"Catalog, {len(items)} of {count} items", columns, map(_row, items))


def _row(item: CatalogLine) -> tuple[str, ...]:
    return (
        item.catalog_item_id,
        item.title,
        "yes" if item.on_sale else "no",
        f"{item.minimum_quantity} to {item.maximum_quantity}",
        " ".join(item.billing_cycles),
        " ".join(term or "none" for term in item.terms),
        " ".join(item.currencies),
    )


def _read(text: str) -> tuple[list[CatalogLine], list[str]]:
    lines: list[CatalogLine] = []
    problems: list[str] = []
    first_seen: dict[str, int] = {}
    for number, line in _numbered(text):
        try:
            item = CatalogLine.model_validate(from_json(line, allow_inf_nan=False))
        except ValidationError as error:
            problems += (f"{number}: {_where(each['loc'])}: {each['msg']}" for each in error.errors())
        except ValueError as error:
            problems.append(f"{number}: not JSON: {error}")
        else:
            seen = first_seen.setdefault(item.catalog_item_id, number)
            if seen != number:
                problems.append(f"{number}: catalogItemId: the item stands on line {seen} already")
            lines.append(item)
    return lines, problems if lines or problems else ["1: the file holds no items"]


def _numbered(text: str) -> Iterator[tuple[int, str]]:
    # Not splitlines(): that one also splits at separators which JSON allows inside of text.
    return ((number, line) for number, line in enumerate(text.split("\n"), 1) if line.strip())


def _where(location: tuple[int | str, ...]) -> str:
    return ".".join(map(str, location)) or "the line"
