"""The growth bench of `tests/bench`, with a few carts: that it runs, counts, and keeps what it found."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.support.program import printed_by

FEW = ("--stored", "200", "--backlog", "300", "--count", "100", "--runs", "1")
WARM_UP = 10


async def grown(directory: Path, part: str) -> dict[str, Any]:
    """What it found of a part."""
    await printed_by("tests.bench.growth", "--part", part, *FEW, "--keep", str(directory))
    assert (directory / f"growth-{part}.svg").stat().st_size
    found: dict[str, Any] = json.loads((directory / f"growth-{part}.json").read_text("utf-8"))["found"]
    return found


@pytest.mark.timeout(300)
async def test_throughput_beside_stored_checkouts_is_of_the_checkouts_that_came(tmp_path: Path) -> None:
    found = await grown(tmp_path, "stored")

    stored = {setting: each["runs"][0]["rows"]["outcomes"] for setting, each in found.items()}
    assert stored == {"none stored": WARM_UP + 100, "200 stored": WARM_UP + 100}


@pytest.mark.timeout(300)
async def test_a_long_backlog_is_sampled_to_its_end(tmp_path: Path) -> None:
    found = await grown(tmp_path, "backlog")

    assert found["samples"][-1]["results"] == 300
    assert all(sample["worker_mb"] > 0 for sample in found["samples"])
