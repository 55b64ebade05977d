"""What is written to stderr can be read line by line, whoever logs it."""

import asyncio
import json
import sys
from typing import Final

import pytest

# A logger is set up once a process.
_PROGRAM: Final = """
import logging, sys
import structlog
from worker.telemetry import configure_logging

configure_logging(as_json=sys.argv[1] == "json")
structlog.get_logger().info("worker.ours", number=1, source="\\x1b[2J\\u202e\\x9b", reason="a b\\n\\x1b[2J")
logging.getLogger("asyncio").info("not worth a line")
try:
    raise OSError("gone")
except OSError:
    logging.getLogger("asyncio").exception("%s of theirs", "trouble")
"""


async def _written(form: str) -> list[str]:
    program = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", _PROGRAM, form), stderr=asyncio.subprocess.PIPE
    )
    _, err = await program.communicate()
    assert program.returncode == 0
    return err.decode().splitlines()


async def test_lines_of_libraries_are_json_as_ours_are() -> None:
    ours, theirs = map(json.loads, await _written("json"))
    assert ours["event"] == "worker.ours"
    assert {name: theirs[name] for name in ("event", "level", "logger")} == {
        "event": "trouble of theirs",
        "level": "error",
        "logger": "asyncio",
    }
    assert theirs["timestamp"] >= ours["timestamp"]
    assert "OSError: gone" in theirs["exception"]


async def test_lines_of_libraries_are_for_people_as_ours_are() -> None:
    ours, theirs, *trace = await _written("console")
    assert "worker.ours" in ours
    assert "trouble of theirs" in theirs
    assert trace[-1] == "OSError: gone"


@pytest.mark.parametrize("form", ["json", "console"])
async def test_what_strangers_wrote_steers_no_terminal(form: str) -> None:
    lines = await _written(form)
    assert all(line.isprintable() for line in lines)
    assert lines[0].count("x1b[2J") + lines[0].count("u001b[2J") == 2
