"""How long a database that answers is waited for, before the batch is to blame."""

from typing import Final

from worker.errors import DatabaseUnavailable, LockNotGranted, StatementBroken, StatementTimeout

_FAULTS_TOGETHER: Final = 2
_FAULTS_ALONE: Final = 4


def may_wait_for_others(fault: DatabaseUnavailable) -> bool:
    """Whether locks of others may have taken the time: several run into the deadline of the statement."""
    return isinstance(fault, LockNotGranted | StatementTimeout)


def is_batch_at_fault(fault: DatabaseUnavailable, faults: int, messages: int) -> bool:
    """Whether to blame the batch after so many faults, with a write that succeeded after each of them.

    A message alone that runs into the deadline is tried for as long as it takes: the database may become
    faster. One at which the database finds itself broken is not.
    """
    if messages > 1:
        return faults >= _FAULTS_TOGETHER and isinstance(fault, StatementTimeout | StatementBroken)
    return faults >= _FAULTS_ALONE and isinstance(fault, StatementBroken)
