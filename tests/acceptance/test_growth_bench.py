"""The growth bench of `tests/bench`, with a few carts: that it runs and keeps what it found."""

import asyncio
import json
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
FEW = ("--stored", "200", "--backlog", "300", "--count", "100", "--runs", "1")


async def grown(directory: Path, *parts: str) -> dict[str, Any]:
    """What it found of each part. Fails unless it ends well."""
    chosen = [argument for part in parts for argument in ("--part", part)]
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.bench.growth", *chosen, *FEW, "--keep", str(directory)),
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    output, _ = await process.communicate()
    assert process.returncode == 0, output.decode()
    documents = {part: json.loads((directory / f"growth-{part}.json").read_text("utf-8")) for part in parts}
    assert all(part in (directory / f"growth-{part}.svg").read_text("utf-8").lower() for part in parts)
    return {part: document["found"] for part, document in documents.items()}


async def test_a_quick_growth_bench_counts_right_and_keeps_what_it_found(tmp_path: Path) -> None:
    found = await grown(tmp_path, "stored", "backlog")

    assert {setting: each["runs"][0]["rows"]["outcomes"] for setting, each in found["stored"].items()} == {
        "none stored": 110,
        "200 stored": 110,
    }
    assert found["backlog"]["samples"][-1]["results"] == 300
