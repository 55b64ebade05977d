"""A short incident: dead letters of five causes. `incident.py` runs with thousands of each."""

from pathlib import Path

from tests.faults.incident import incident, table
from tests.support.stage import Stage


async def test_dead_letters_of_five_causes_are_all_resolved_with_one_set_of_orders(
    stage: Stage, tmp_path: Path
) -> None:
    report = await incident(stage, tmp_path, each=100, rate=100)
    assert report.wrong == [], table(report)
    assert len(report.outcomes) == 5
