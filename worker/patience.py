"""How long a database that answers is waited for, before the batch is to blame."""

from typing import Final

from worker.errors import DatabaseUnavailable, LockNotGranted, StatementBroken, StatementTimeout

_FAULTS_TOGETHER: Final = 2
_FAULTS_ALONE: Final = 4


def may_wait_for_others(fault: DatabaseUnavailable) -> bool:
    """Whether locks of others may have taken the time: several run into the deadline of the statement."""
    return isinstance(fault, LockNotGranted | StatementTimeout)


def is_of_the_batch(fault: DatabaseUnavailable, faults: int, messages: int) -> bool:
    """Whether it is this batch that fails, for so many times, at a database that took a write in between.

    A message alone that takes too long may find a faster database; one that finds it broken may not.
    """
    if messages > 1:
        return faults >= _FAULTS_TOGETHER and isinstance(fault, StatementTimeout | StatementBroken)
    return faults >= _FAULTS_ALONE and isinstance(fault, StatementBroken)
