"""What a SQLSTATE, or an exception of the driver, means for the message at hand."""

from typing import Final

import asyncpg
import pytest

from worker.errors import (
    DatabaseUnavailable,
    DataRejected,
    LockNotGranted,
    StatementBroken,
    StatementTimeout,
    TransactionConflict,
    TransientFault,
    WorkerError,
)
from worker.postgres.errors import fault_of, translated

MEANINGS: Final[dict[type[WorkerError], list[str]]] = {
    TransactionConflict: ["23505", "40001", "40P01"],
    DataRejected: [
        "22000",
        "22001",
        "22003",
        "22021",
        "22P02",
        "22P05",
        "23502",
        "23503",
        "23514",
        "23X99",
        "54000",
    ],
    LockNotGranted: ["55P03"],
    StatementTimeout: ["57014"],
    StatementBroken: ["XX000", "XX001", "XX002"],
    DatabaseUnavailable: [
        "08000",
        "08006",
        "25006",
        "25P03",
        "28P01",
        "3D000",
        "40003",
        "53100",
        "53200",
        "53300",
        "57P01",
        "57P02",
        "57P03",
        "58030",
    ],
}
SECRET: Final = "hunter2"  # noqa: S105 - what must not be told


def from_server(sqlstate: str) -> asyncpg.PostgresError:
    """An exception as asyncpg makes it from an ErrorResponse."""
    fields = {"C": sqlstate, "M": f"bad {SECRET}", "D": f"Key ({SECRET}) exists", "n": "orders_one_per_group"}
    return asyncpg.PostgresError.new(fields)


@pytest.mark.parametrize(
    ("fault", "sqlstate"), [(fault, code) for fault, codes in MEANINGS.items() for code in codes]
)
async def test_a_sqlstate_means_one_fault(fault: type[WorkerError], sqlstate: str) -> None:
    with pytest.raises(WorkerError) as caught, translated():
        raise from_server(sqlstate)

    assert type(caught.value) is fault
    assert isinstance(caught.value.__cause__, asyncpg.PostgresError)


async def test_a_fault_names_code_and_constraint_and_no_value() -> None:
    assert str(fault_of(from_server("23505"))) == "SQLSTATE 23505 UniqueViolationError orders_one_per_group"


@pytest.mark.parametrize(
    ("sqlstate", "words"),
    [
        ("08001", "connection"),
        ("08003", "connection"),
        ("08006", "connection"),
        ("25006", "read-only"),
        ("28000", "user or password"),
        ("28P01", "user or password"),
        ("3D000", "is not there"),
        ("53100", "disk"),
        ("53300", "too many connections"),
        ("57P01", "shutting down"),
        ("57P02", "starting"),
        ("57P03", "starting"),
    ],
)
async def test_what_is_common_is_told_in_words_with_its_code(sqlstate: str, words: str) -> None:
    told = str(fault_of(from_server(sqlstate)))
    assert words in told
    assert f"(SQLSTATE {sqlstate})" in told
    assert "Error" not in told


async def test_a_missing_right_names_what_it_is_missing_for_and_who_has_it() -> None:
    fields = {"C": "42501", "M": "permission denied for table orders", "D": SECRET, "H": SECRET}
    fault = fault_of(asyncpg.PostgresError.new(fields))
    assert type(fault) is DatabaseUnavailable
    assert "permission denied for table orders" in str(fault)
    assert "deploy/postgresql/roles.sql" in str(fault)
    assert SECRET not in str(fault)


@pytest.mark.parametrize("sqlstate", [code for codes in MEANINGS.values() for code in codes])
async def test_no_fault_tells_a_value(sqlstate: str) -> None:
    assert SECRET not in str(fault_of(from_server(sqlstate)))


@pytest.mark.parametrize(
    "error",
    [
        OSError("no route"),
        ConnectionResetError(),
        TimeoutError(),
        asyncpg.InterfaceError("connection is closed"),
        asyncpg.InternalClientError("unexpected message"),
        asyncpg.ConnectionDoesNotExistError("connection was closed in the middle of operation"),
        asyncpg.CannotConnectNowError("the database system is starting up"),
    ],
    ids=repr,
)
async def test_a_database_that_does_not_answer_is_unavailable_and_time_may_cure_it(error: Exception) -> None:
    with pytest.raises(DatabaseUnavailable) as caught, translated():
        raise error

    assert isinstance(caught.value, TransientFault)
    assert caught.value.__cause__ is error


async def test_a_value_that_the_driver_cannot_encode_is_rejected_data() -> None:
    with pytest.raises(DataRejected), translated():
        raise asyncpg.DataError("invalid input for query argument $1")


@pytest.mark.parametrize("error", [KeyError("k"), ValueError("v"), ZeroDivisionError()], ids=repr)
async def test_a_bug_stays_a_bug(error: Exception) -> None:
    with pytest.raises(type(error)) as caught, translated():
        raise error

    assert caught.value is error


async def test_a_connection_that_broke_off_is_told_without_the_driver() -> None:
    error = asyncpg.InternalClientError("cannot switch to state 12; another operation (2) is in progress")
    with pytest.raises(DatabaseUnavailable, match="does not answer: the connection broke off"), translated():
        raise error
