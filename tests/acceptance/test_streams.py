"""Commands whose standard streams are closed, full, or of another encoding."""

import asyncio
import json
import sys
from pathlib import Path

import pytest

from tests.support.command_line import CommandLine, Finished, finished
from worker.embedded.process import SYSTEM_PATH

CHECKOUT = str(Path(sys.executable).with_name("checkout"))


async def _run(command_line: CommandLine, redirection: str, *options: str, **environment: str) -> Finished:
    """`checkout catalog list`, as a shell starts it with this redirection."""
    process = await asyncio.create_subprocess_exec(
        *("sh", "-c", f'exec "$0" "$@" {redirection}', CHECKOUT, "catalog", "list", *options),
        env={"PATH": SYSTEM_PATH, **command_line.environment, **environment},
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    return await finished(process)


@pytest.mark.parametrize("redirection", ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"])
async def test_a_command_does_its_work_though_streams_are_closed(
    command_line: CommandLine, redirection: str
) -> None:
    ended = await _run(command_line, redirection, "--json")
    assert (ended.code, ended.err) == (0, "")
    assert (json.loads(ended.out) != []) if " >" not in f" {redirection}" else not ended.out


async def test_output_that_has_no_room_is_told_as_that(command_line: CommandLine) -> None:
    ended = await _run(command_line, ">/dev/full")
    assert (ended.code, ended.err) == (1, "checkout: cannot write the output: No space left on device\n")


async def test_an_encoding_without_the_letters_is_no_failure(command_line: CommandLine) -> None:
    item = {"catalogItemId": "i", "title": "Größe 日本", "billingCycles": ["monthly"], "currencies": ["USD"]}
    file = command_line.file("catalog.ndjson", json.dumps(item))
    assert (await command_line.run("catalog", "import", file)).code == 0
    as_json = await _run(command_line, "", "--json", PYTHONIOENCODING="ascii")
    plain = await _run(command_line, "", PYTHONIOENCODING="ascii")
    assert (as_json.code, as_json.err, plain.code, plain.err) == (0, "", 0, "")
    assert as_json.document[0]["title"] == "Größe 日本"
    assert r"Gr\xf6\xdfe \u65e5\u672c" in plain.out
