"""The standard streams, which may be closed, or of an encoding that lacks most letters."""

import io
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
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


@contextmanager
def interruptible() -> Iterator[None]:
    """For what blocks in here, one Ctrl-C ends the command.

    The event loop's own handler cancels a task, which hears of it when it waits for something else.
    """
    before = signal.getsignal(signal.SIGINT)
    if before is not signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _writable(stream: TextIO | None) -> TextIO:
    """Letters that the encoding lacks are written as escapes."""
    if stream is None:
        return open(os.devnull, "w")  # noqa: PTH123 - as long as the process lives
    if isinstance(stream, io.TextIOWrapper):
        stream.reconfigure(errors="backslashreplace")
    return stream
