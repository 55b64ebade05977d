"""A short soak: all kinds of faults in one run, under a mixture of messages. `soak.py` runs for longer."""

from tests.faults.soak import soak, table
from tests.support.stage import Stage


async def test_faults_in_a_row_lose_nothing_repeat_no_order_and_surprise_nobody(stage: Stage) -> None:
    report = await soak(stage, seed=1, seconds=20, workers=2, per_second=40, between=0.5)
    assert report.account.is_clean, table(report)
    assert report.account.ok > 0
