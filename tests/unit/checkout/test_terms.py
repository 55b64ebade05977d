from calendar import monthrange
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.strategies import moments
from worker.checkout.terms import CYCLE_MONTHS, is_month_end, months_after, term_months


@pytest.mark.parametrize(
    ("term", "months"),
    [
        ("P1M", 1),
        ("P12M", 12),
        ("P1Y", 12),
        ("P3Y", 36),
        ("P999M", 999),
        ("P1D", None),
        ("P1Y1M", None),
        ("P1000M", None),
        ("PM", None),
        ("p1y", None),
        ("P1Y\n", None),
        ("P-1Y", None),
        ("P\u0661Y", None),
        ("", None),
        (None, None),
    ],
    ids=repr,
)
def test_a_term_is_a_number_of_whole_months_or_years(term: str | None, months: int | None) -> None:
    assert term_months(term) == months


def test_the_documented_billing_cycles_have_their_months() -> None:
    assert dict(CYCLE_MONTHS) == {
        "monthly": 1,
        "annual": 12,
        "biennial": 24,
        "triennial": 36,
        "one_time": 0,
        "none": 0,
    }


@pytest.mark.parametrize(
    ("start", "months", "end"),
    [
        ("2026-03-14T09:26:53+00:00", 12, "2027-03-14T09:26:53+00:00"),
        ("2026-01-31T00:00:00+00:00", 1, "2026-02-28T00:00:00+00:00"),
        ("2024-01-31T00:00:00+00:00", 1, "2024-02-29T00:00:00+00:00"),
        ("2026-12-31T00:00:00+00:00", 1, "2027-01-31T00:00:00+00:00"),
        ("2026-11-30T00:00:00+00:00", 3, "2027-02-28T00:00:00+00:00"),
        ("2026-02-28T00:00:00+00:00", 0, "2026-02-28T00:00:00+00:00"),
        ("9999-11-30T00:00:00+00:00", 1, "9999-12-30T00:00:00+00:00"),
        ("9999-12-01T00:00:00+00:00", 1, "9999-12-31T23:59:59.999999+00:00"),
    ],
)
def test_months_later_is_the_same_day_or_the_last_of_a_shorter_month(
    start: str, months: int, end: str
) -> None:
    assert months_after(datetime.fromisoformat(start), months) == datetime.fromisoformat(end)


@given(moments, st.integers(0, 999 * 12))
def test_so_many_months_later_is_in_the_month_so_many_later(start: datetime, months: int) -> None:
    end = months_after(start, months)

    assert (end.year - start.year) * 12 + end.month - start.month == months
    assert end.day in {start.day, monthrange(end.year, end.month)[1]}
    assert (end.time(), end.tzinfo) == (start.time(), UTC)


@given(moments)
def test_the_day_before_the_first_of_a_month_is_a_month_s_end_and_no_other(day: datetime) -> None:
    assert is_month_end(day) == ((day + timedelta(days=1)).day == 1)
