"""The bench of pauses in `tests/bench`, with few runs: that it runs, and keeps what it found."""

import json
from pathlib import Path

from tests.support.program import printed_by


async def test_each_pause_has_the_cost_of_each_cart_after_it(tmp_path: Path) -> None:
    kept = tmp_path / "pauses.json"
    await printed_by("tests.bench.pauses", "--runs", "1", "--json", str(kept))

    found = json.loads(kept.read_text("utf-8"))["microseconds"]
    assert {"0", "10"} <= found.keys()
    assert all(len(row) == 8 and min(row) > 0 for row in found.values())
