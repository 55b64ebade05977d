"""The comparison of `tests/bench`, with a few carts: that it runs, counts right, and keeps what it found."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Final

from tests.bench.compare import QUICK_COUNT, not_installed
from tests.bench.contenders.contender import Contender
from tests.bench.corpus import CORPORA, expected
from tests.support.program import printed_by

WARM_UP: Final = QUICK_COUNT // 10


async def test_a_quick_comparison_counts_right_and_keeps_what_it_found(tmp_path: Path) -> None:
    printed = await printed_by("tests.bench.compare", "--quick", "--keep", str(tmp_path))

    kept = json.loads((tmp_path / "compare-typical.json").read_text("utf-8"))
    rows = {name: found["runs"][0]["rows"] for name, found in kept["contenders"].items()}
    corpus = CORPORA["typical"]
    assert rows == {
        "ours-1": asdict(expected(corpus.carts(0, WARM_UP + QUICK_COUNT))),
        "relay": asdict(expected([])),
        "insert": asdict(expected(corpus.carts(0, QUICK_COUNT))),
    }
    assert kept["machine"]["synchronousCommit"] == kept["machine"]["fsync"] == "on"
    drawn = (tmp_path / "compare-typical.svg").read_text("utf-8")
    for found in kept["contenders"].values():
        assert found["what"] in drawn
        assert found["what"].split(",")[0] in printed


def test_what_a_contender_lacks_is_named_with_the_way_to_install_it() -> None:
    installed = Contender("installed", "", (), needs=("json",))
    lacking = Contender("lacking", "", (), needs=("json", "no_such_module"))

    assert not_installed([installed]) is None
    complaint = not_installed([installed, lacking])

    assert complaint is not None
    assert "no_such_module" in complaint
    assert "json" not in complaint
    assert ".[dev,bench]" in complaint
