"""What a failure tells of itself: enough to find its cause, and no value."""

import re

import pytest

from contracts.scalars import parse_timestamp
from worker.errors import DataRejected, TransactionConflict
from worker.failure import reason_of_failure


def test_what_the_database_refuses_is_told_with_its_state_and_constraint() -> None:
    refused = DataRejected("SQLSTATE 23514 CheckViolationError broken")
    assert reason_of_failure(refused, 1) == (
        "PostgreSQL refuses it: SQLSTATE 23514 CheckViolationError broken (1 try)"
    )


def test_a_fault_of_ours_tells_its_own_text() -> None:
    assert reason_of_failure(TransactionConflict("A cart was changed"), 3) == "A cart was changed (3 tries)"


def test_a_bug_is_told_by_its_type_and_the_innermost_place_that_is_ours() -> None:
    with pytest.raises(ValueError, match="month") as raised:
        parse_timestamp("2026-13-01T00:00:00Z")
    told = reason_of_failure(raised.value, 3)
    assert re.fullmatch(r"ValueError at contracts/scalars\.py:\d+ \(\w+\) \(3 tries\)", told)


def test_a_bug_that_was_nowhere_is_told_all_the_same() -> None:
    assert reason_of_failure(KeyError("secret"), 1) == "KeyError at an unknown place (1 try)"
