import pytest

from worker.checkout.terms import CYCLE_MONTHS, term_months


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
