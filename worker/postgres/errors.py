"""asyncpg's exceptions to our faults, by SQLSTATE."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import asyncpg

from worker.errors import DatabaseUnavailable, DataRejected, TransactionConflict, WorkerError

# unique_violation, serialization_failure, deadlock_detected: somebody else was first.
_CONFLICTS: Final = frozenset({"23505", "40001", "40P01"})
_DATA_CLASSES: Final = frozenset({"22", "23"})
# connection, credentials, no such database, resources (full disk, too many connections), operator
# intervention (restart), system error; read-only after a failover, lock timeout, completion unknown.
_UNAVAILABLE_CLASSES: Final = frozenset({"08", "28", "3D", "53", "57", "58"})
_UNAVAILABLE: Final = frozenset({"25006", "55P03", "40003"})


@contextmanager
def translated() -> Iterator[None]:
    """Raise our fault in place of asyncpg's, with the cause kept.

    Raises:
        TransactionConflict: roll back, load and decide again.
        DataRejected: the data of a message cannot be stored.
        DatabaseUnavailable: try again later; if this came from a COMMIT, it may have been applied.
    """
    try:
        yield
    except asyncpg.PostgresError as error:
        raise fault_of(error) from error
    except (OSError, TimeoutError, asyncpg.InterfaceError, asyncpg.InternalClientError) as error:
        raise DatabaseUnavailable(f"The database does not answer: {error!r}") from error


def fault_of(error: asyncpg.PostgresError) -> Exception:
    """The fault that a SQLSTATE means. The text names code and constraint; DETAIL would carry values."""
    code = error.sqlstate or ""
    text = f"SQLSTATE {code} {type(error).__name__} {getattr(error, 'constraint_name', None) or ''}".rstrip()
    if code in _CONFLICTS:
        return TransactionConflict(text)
    if code[:2] in _DATA_CLASSES:
        return DataRejected(text)
    if code[:2] in _UNAVAILABLE_CLASSES or code in _UNAVAILABLE:
        return DatabaseUnavailable(text)
    return WorkerError(text)
