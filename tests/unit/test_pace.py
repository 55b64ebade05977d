"""How many replays leave together, at which rate."""

import pytest

from worker.deadletters.pace import Pace


@pytest.mark.parametrize(
    ("rate", "flight"), [(None, 50), (0.5, 1), (10, 1), (19.9, 1), (20, 2), (250, 25), (500, 50), (9_000, 50)]
)
def test_a_flight_is_a_tenth_of_a_second_s_replays_and_fifty_at_most(rate: float | None, flight: int) -> None:
    assert Pace(rate).flight == flight
