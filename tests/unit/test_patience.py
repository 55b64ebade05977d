"""Whether a batch is to blame for a fault of a database that answers."""

import pytest

from worker.errors import DatabaseUnavailable, LockNotGranted, StatementBroken, StatementTimeout
from worker.patience import is_batch_at_fault, may_wait_for_others

NEVER = 1_000


@pytest.mark.parametrize(
    ("fault", "messages", "faults"),
    [
        (StatementTimeout("t"), 2, 2),
        (StatementTimeout("t"), 1, NEVER),
        (StatementBroken("b"), 2, 2),
        (StatementBroken("b"), 1, 4),
        (LockNotGranted("l"), 2, NEVER),
        (DatabaseUnavailable("d"), 2, NEVER),
    ],
    ids=repr,
)
def test_it_is_from_this_fault_on(fault: DatabaseUnavailable, messages: int, faults: int) -> None:
    assert not is_batch_at_fault(fault, faults - 1, messages)
    assert is_batch_at_fault(fault, faults, messages) is (faults < NEVER)


def test_locks_of_others_are_looked_for_where_a_statement_waited_too_long() -> None:
    faults = [LockNotGranted("l"), StatementTimeout("t"), StatementBroken("b"), DatabaseUnavailable("d")]
    assert [may_wait_for_others(each) for each in faults] == [True, True, False, False]
