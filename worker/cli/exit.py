"""What the exit codes of every command mean."""

from enum import IntEnum
from typing import Final


class Exit(IntEnum):
    OK = 0
    PROBLEMS = 1
    USAGE = 2
    BROKER = 3
    DATABASE = 4


INTERRUPTED: Final = 130
CLOSED_PIPE: Final = 141
"""Whoever read the output has ended, as `head` does: what shells say of a program that SIGPIPE ended."""
