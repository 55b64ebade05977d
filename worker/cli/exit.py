"""What the exit codes of every command mean."""

from enum import IntEnum
from typing import Final

from worker.errors import (
    BrokerUnavailable,
    ConfigurationFault,
    DatabaseUnavailable,
    PublishNotConfirmed,
    WorkerError,
)


class Exit(IntEnum):
    OK = 0
    PROBLEMS = 1
    USAGE = 2
    BROKER = 3
    DATABASE = 4


INTERRUPTED: Final = 130
CLOSED_PIPE: Final = 141
"""Whoever read the output has ended, as `head` does: what shells say of a program that SIGPIPE ended."""


def exit_code(fault: WorkerError) -> Exit:
    match fault:
        case ConfigurationFault():
            return Exit.USAGE
        case BrokerUnavailable() | PublishNotConfirmed():
            return Exit.BROKER
        case DatabaseUnavailable():
            return Exit.DATABASE
        case _:
            return Exit.PROBLEMS
