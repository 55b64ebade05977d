"""asyncpg's exceptions to our faults, by SQLSTATE."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import asyncpg

from worker.errors import (
    DatabaseUnavailable,
    DataRejected,
    LockNotGranted,
    SchemaMismatch,
    StatementBroken,
    StatementTimeout,
    TransactionConflict,
    WorkerError,
    reason_of,
)

# unique_violation, serialization_failure, deadlock_detected: somebody else was first.
_CONFLICTS: Final = frozenset({"23505", "40001", "40P01"})
# data exception, integrity constraint violation, program limit exceeded (a key too long for its index).
_DATA_CLASSES: Final = frozenset({"22", "23", "54"})
_BROKEN_OFF: Final = "has broken the connection off, or let none be made: is it running?"
_BETWEEN: Final = "is shutting down or starting: try again soon"
_DENIED: Final = "refuses user or password, or this user from here (pg_hba.conf)"
_CURES: Final = {
    "08001": _BROKEN_OFF,
    "08003": _BROKEN_OFF,
    "08006": _BROKEN_OFF,
    "25006": "is read-only: a standby, or one with default_transaction_read_only; name the primary",
    "28000": _DENIED,
    "28P01": _DENIED,
    "3D000": "is not there: look at its name, or create it",
    "53100": "has no room left on its disk",
    "53300": "has too many connections: raise its max_connections, or run less at once",
    "57P01": _BETWEEN,
    "57P02": _BETWEEN,
    "57P03": _BETWEEN,
}
# undefined table, column, schema.
_SCHEMA: Final = frozenset({"42P01", "42703", "3F000"})
_INSUFFICIENT_PRIVILEGE: Final = "42501"
_QUERY_CANCELED: Final = "57014"
_LOCK_NOT_AVAILABLE: Final = "55P03"
# internal error, data corrupted, index corrupted.
_BROKEN_CLASS: Final = "XX"


@contextmanager
def translated() -> Iterator[None]:
    """Raise our fault in place of asyncpg's, with the cause kept.

    Raises:
        SchemaMismatch: a table or column that the statement names is not there.
        TransactionConflict: roll back, load and decide again.
        DataRejected: the data of a message cannot be stored.
        DatabaseUnavailable: try again later; if this came from a COMMIT, it may have been applied.
    """
    try:
        yield
    except asyncpg.PostgresError as error:
        _honour_cancellation(error)
        raise fault_of(error) from error
    except (OSError, TimeoutError, asyncpg.InterfaceError, asyncpg.InternalClientError) as error:
        _honour_cancellation(error)
        # asyncpg 0.32: an InterfaceError that is a ValueError is a value it cannot encode, told in its text.
        if isinstance(error, ValueError) and not isinstance(error, OSError):
            raise DataRejected("asyncpg cannot encode a value") from None
        # asyncpg's own text, of a connection that ends while it is set up, is about asyncpg.
        is_half_open = isinstance(error, asyncpg.InternalClientError)
        why = "the connection broke off" if is_half_open else reason_of(error)
        raise DatabaseUnavailable(f"The database (CHECKOUT_DATABASE_URL) does not answer: {why}") from error


def _honour_cancellation(error: Exception) -> None:
    """A cancelled task whose rollback then fails gets that failure in the place of its cancellation."""
    task = asyncio.current_task()
    if task is not None and task.cancelling():
        raise asyncio.CancelledError from error


def fault_of(error: asyncpg.PostgresError) -> WorkerError:
    """The fault that a SQLSTATE means. The text names code and constraint; DETAIL would carry values."""
    code = error.sqlstate or ""
    text = f"SQLSTATE {code} {type(error).__name__} {getattr(error, 'constraint_name', None) or ''}".rstrip()
    if cure := _CURES.get(code):
        return DatabaseUnavailable(f"The database of CHECKOUT_DATABASE_URL {cure} (SQLSTATE {code})")
    if code in _CONFLICTS:
        return TransactionConflict(text)
    if code[:2] in _DATA_CLASSES:
        return DataRejected(text)
    if code in _SCHEMA:
        return SchemaMismatch(f"{text}: run `checkout migrate`")
    if code == _INSUFFICIENT_PRIVILEGE:
        return DatabaseUnavailable(
            # The first line names what the right is missing for, and no value.
            f"{text}: {error.args[0]}; `checkout migrate` needs the owner of the schema, all else what "
            "deploy/postgresql/roles.sql grants"
        )
    if code == _LOCK_NOT_AVAILABLE:
        return LockNotGranted(text)
    if code == _QUERY_CANCELED:
        return StatementTimeout(text)
    if code.startswith(_BROKEN_CLASS):
        return StatementBroken(text)
    # All else is no message's fault.
    return DatabaseUnavailable(text)
