"""`checkout catalog import`: what it changes, what it refuses, and what it tells."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from tests.support.carts import CATALOG
from tests.support.command_line import CommandLine
from tests.support.database import Database
from tests.support.eventually import eventually

ITEM = {"catalogItemId": "new", "title": "New", "billingCycles": ["monthly"], "currencies": ["USD"]}
NEVER = "postgresql://a:b@127.0.0.1:1/c"


def _file(command_line: CommandLine, *items: dict[str, Any], name: str = "c.ndjson") -> str:
    return command_line.file(name, "".join(json.dumps(item) + "\n" for item in items))


def _items(count: int, prefix: str = "i", **members: Any) -> list[dict[str, Any]]:
    return [ITEM | {"catalogItemId": f"{prefix}{number}"} | members for number in range(count)]


async def _stored(database: Database) -> tuple[int, set[str]]:
    """The revision and the ids, as any reader sees them together."""
    (row,) = await database.rows(
        "SELECT revision, ARRAY(SELECT catalog_item_id FROM catalog_items) AS ids FROM catalog_revision"
    )
    return row["revision"], set(row["ids"])


UNCHANGED = (1, {each.catalog_item_id for each in CATALOG})


async def test_an_import_replaces_the_whole_catalog(command_line: CommandLine, database: Database) -> None:
    lines = "\ufeff" + "\r\n".join(json.dumps(item) for item in _items(3)) + "\n\n"
    imported = await command_line.run("catalog", "import", command_line.file("new.ndjson", lines))
    assert (imported.code, imported.out) == (0, "imported 3 items, catalog revision 2\n")
    assert await _stored(database) == (2, {"i0", "i1", "i2"})


async def test_a_wrong_line_is_named_by_file_line_and_field_and_the_catalog_stays(
    command_line: CommandLine, database: Database
) -> None:
    wrong = ITEM | {"catalogItemId": "other", "provisioningVariables": [{"key": "a"}, {"KEY": ""}]}
    file = _file(command_line, ITEM, wrong, ITEM)
    imported = await command_line.run("catalog", "import", file)
    assert (imported.code, imported.out) == (1, "")
    assert imported.err.splitlines() == [
        f"{file}:2: provisioningVariables[1].key: Field required",
        f"{file}:3: catalogItemId: The item stands on line 1 already",
        "2 problems; the catalog was not changed",
    ]
    assert await _stored(database) == UNCHANGED


async def test_the_first_problems_are_shown_and_all_are_counted(command_line: CommandLine) -> None:
    imported = await command_line.run("catalog", "import", command_line.file("bad.ndjson", "[]\n" * 1_234))
    lines = imported.err.splitlines()
    assert len(lines) == 22
    assert lines[-2:] == ["and 1214 more", "1,234 problems; the catalog was not changed"]


async def test_the_report_is_there_for_machines(command_line: CommandLine, database: Database) -> None:
    good, bad = _file(command_line, ITEM), command_line.file("bad.ndjson", b"{}\n\xff\n")
    refused = await command_line.run("catalog", "import", bad, "--json")
    assert (refused.code, refused.err) == (1, "")
    assert refused.document == {
        "file": bad,
        "items": 0,
        "problems": [
            *(
                {"line": 1, "field": field, "problem": "Field required"}
                for field in ("catalogItemId", "title", "billingCycles", "currencies")
            ),
            {"line": 2, "field": "", "problem": "The line is not UTF-8: byte 1 cannot be decoded"},
        ],
        "problemCount": 5,
        "warnings": [],
        "warningCount": 0,
        "revision": None,
    }
    imported = await command_line.run("catalog", "import", good, "--json")
    assert (imported.code, imported.document["items"], imported.document["revision"]) == (0, 1, 2)
    assert await _stored(database) == (2, {"new"})


async def test_a_warning_is_told_and_prevents_nothing(command_line: CommandLine, database: Database) -> None:
    addon = ITEM | {"isAddon": True, "prerequisites": ["gone\u001b[31m"]}
    file = _file(command_line, addon)
    imported = await command_line.run("catalog", "import", file)
    assert imported.code == 0
    assert imported.err == f"{file}:1: warning: prerequisites[0]: The file has no item gone\ufffd[31m\n"
    assert await _stored(database) == (2, {"new"})


@pytest.mark.parametrize("content", [b"", b"\n\n", b"\xff\xfe"], ids=["empty", "blank", "not-utf8"])
async def test_a_file_without_items_is_no_catalog(
    command_line: CommandLine, database: Database, content: bytes
) -> None:
    imported = await command_line.run("catalog", "import", command_line.file("x.ndjson", content))
    assert imported.code == 1
    assert await _stored(database) == UNCHANGED


async def test_a_dry_run_needs_no_database_and_changes_nothing(
    command_line: CommandLine, database: Database
) -> None:
    file = _file(command_line, ITEM)
    dry, alone = await asyncio.gather(
        command_line.run("catalog", "import", file, "--dry-run"),
        command_line.changed(database_url=None).run("catalog", "import", file, "--dry-run", "--json"),
    )
    assert (dry.code, dry.out) == (0, "1 item would be imported\n")
    assert (alone.code, alone.document["items"], alone.document["revision"]) == (0, 1, None)
    assert await _stored(database) == UNCHANGED


async def test_a_file_that_cannot_be_opened_is_wrong_usage(command_line: CommandLine, tmp_path: Path) -> None:
    missing, directory = await asyncio.gather(
        command_line.run("catalog", "import", "no-such-file"),
        command_line.run("catalog", "import", str(tmp_path)),
    )
    assert (missing.code, directory.code) == (2, 2)
    assert "no-such-file cannot be read" in missing.err


async def test_a_database_that_is_away_is_told_from_a_wrong_file(command_line: CommandLine) -> None:
    away = command_line.changed(database_url=NEVER)
    good, bad = _file(command_line, ITEM), _file(command_line, {}, name="bad.ndjson")
    imports = await asyncio.gather(*(away.run("catalog", "import", each) for each in (good, bad)))
    assert [each.code for each in imports] == [4, 1]


async def test_an_import_that_the_database_refuses_changes_nothing(
    command_line: CommandLine, database: Database
) -> None:
    """Refused near the end, when nearly all items are written."""
    await database.execute("ALTER TABLE catalog_items ADD CHECK (catalog_item_id <> 'i29999')")
    imported = await command_line.run("catalog", "import", _file(command_line, *_items(30_000)))
    assert imported.code == 1
    assert "Traceback" not in imported.err
    assert await _stored(database) == UNCHANGED


async def test_imports_at_the_same_time_wait_for_each_other_and_no_reader_sees_half_of_one(
    command_line: CommandLine, database: Database
) -> None:
    first, second = ({f"{prefix}{number}" for number in range(20_000)} for prefix in "ab")
    files = [_file(command_line, *_items(20_000, prefix), name=f"{prefix}.ndjson") for prefix in "ab"]
    imports = asyncio.gather(*(command_line.run("catalog", "import", each) for each in files))
    seen = []
    while not imports.done():
        seen.append(await _stored(database))
        await asyncio.sleep(0.01)
    assert [each.code for each in await imports] == [0, 0]
    seen.append(await eventually(lambda: _stored(database), lambda stored: stored[0] == 3))
    by_revision = {revision: ids for revision, ids in seen if revision > 1}
    assert all(ids == by_revision.get(revision, UNCHANGED[1]) for revision, ids in seen)
    assert all(ids in (first, second) for ids in by_revision.values())
