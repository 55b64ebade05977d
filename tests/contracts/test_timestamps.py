import time
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given

from contracts.scalars import parse_timestamp, timestamp
from tests.strategies import moments


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-03-14T09:26:53Z", datetime(2026, 3, 14, 9, 26, 53, tzinfo=UTC)),
        ("2026-03-14T09:26:53z", datetime(2026, 3, 14, 9, 26, 53, tzinfo=UTC)),
        ("2026-03-14T09:26:53", datetime(2026, 3, 14, 9, 26, 53, tzinfo=UTC)),
        ("2026-03-14T09:26:53.5Z", datetime(2026, 3, 14, 9, 26, 53, 500000, tzinfo=UTC)),
        ("2026-03-14T09:26:53.0000019Z", datetime(2026, 3, 14, 9, 26, 53, 1, tzinfo=UTC)),
        ("2026-03-14T09:26:53.99999999Z", datetime(2026, 3, 14, 9, 26, 53, 999999, tzinfo=UTC)),
        ("2026-03-14T09:26:53.123456789+00:00", datetime(2026, 3, 14, 9, 26, 53, 123456, tzinfo=UTC)),
        ("2026-03-14T09:26:53+05:30", datetime(2026, 3, 14, 3, 56, 53, tzinfo=UTC)),
        ("2026-03-14T20:26:53-10:00", datetime(2026, 3, 15, 6, 26, 53, tzinfo=UTC)),
    ],
)
def test_a_timestamp_names_a_moment(text: str, moment: datetime) -> None:
    assert parse_timestamp(text) == moment
    assert parse_timestamp(text).utcoffset() == timedelta(0)


def test_a_timestamp_without_a_zone_is_utc_wherever_it_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as elsewhere:
        elsewhere.setenv("TZ", "Asia/Tokyo")
        time.tzset()
        moment = parse_timestamp("2026-03-14T09:26:53.25")
    time.tzset()

    assert moment == datetime(2026, 3, 14, 9, 26, 53, 250000, tzinfo=UTC)


def test_all_moments_are_written_in_as_many_digits() -> None:
    noon = datetime(2026, 3, 14, 12, tzinfo=UTC)

    assert timestamp(noon) == "2026-03-14T12:00:00.000000Z"
    assert timestamp(noon.astimezone(timezone(timedelta(hours=5, minutes=30)))) == timestamp(noon)


@given(moments)
def test_a_moment_that_we_write_is_the_moment_that_is_read(moment: datetime) -> None:
    assert parse_timestamp(timestamp(moment)) == moment
