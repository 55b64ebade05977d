"""The standard streams, which may be closed, or of an encoding that lacks most letters."""

import io
import os
import sys
from typing import Final, TextIO

_STANDARD: Final = (0, 1, 2)


def mend_streams() -> None:
    """Open on nothing those that are closed: uvloop 0.23 aborts in the end where a socket got the number."""
    for number in _STANDARD:
        try:
            os.fstat(number)
        except OSError:
            # The system gives the lowest number that is free: this one.
            os.open(os.devnull, os.O_RDWR)
    sys.stdin = sys.stdin or open(os.devnull)  # noqa: PTH123, SIM115 - as long as the process lives
    sys.stdout = _writable(sys.stdout)
    sys.stderr = _writable(sys.stderr)


def give_output_up() -> None:
    """What could not be written would be tried once more when Python ends."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), _STANDARD[1])


def _writable(stream: TextIO | None) -> TextIO:
    """Letters that the encoding lacks are written as escapes."""
    if stream is None:
        return open(os.devnull, "w")  # noqa: PTH123 - as long as the process lives
    if isinstance(stream, io.TextIOWrapper):
        stream.reconfigure(errors="backslashreplace")
    return stream
