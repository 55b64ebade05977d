"""When a batch is to blame for what the database could not do, and when the database is."""

import pytest

from worker.errors import DatabaseUnavailable, StatementBroken, StatementTimeout
from worker.patience import is_of_the_batch


@pytest.mark.parametrize("fault", [StatementTimeout, StatementBroken])
def test_a_batch_is_to_blame_when_its_statements_fail_twice(fault: type[DatabaseUnavailable]) -> None:
    assert [is_of_the_batch(fault("f"), faults, messages=2) for faults in (1, 2, 3)] == [False, True, True]


def test_a_message_alone_is_to_blame_when_its_statements_find_the_database_broken_four_times() -> None:
    fault = StatementBroken("f")
    assert [is_of_the_batch(fault, faults, messages=1) for faults in (3, 4, 5)] == [False, True, True]


def test_a_message_alone_that_takes_too_long_may_find_a_faster_database() -> None:
    assert not is_of_the_batch(StatementTimeout("f"), 99, messages=1)


@pytest.mark.parametrize("messages", [1, 2])
def test_nothing_is_to_blame_for_a_database_that_is_away(messages: int) -> None:
    assert not is_of_the_batch(DatabaseUnavailable("f"), 99, messages)
