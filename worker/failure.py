"""Why a message failed that breaks no rule, in words that hold no value of it."""

from pathlib import Path
from traceback import walk_tb
from typing import Final

from worker.errors import DataRejected, WorkerError

_ROOT: Final = Path(__file__).parent.parent
_OURS: Final = ("contracts", "worker")


def reason_of_failure(error: Exception, tries: int) -> str:
    """Of our own faults what they say, of bugs what and where: the text of those may carry values."""
    return f"{_said(error)} ({tries} {'try' if tries == 1 else 'tries'})"


def _said(error: Exception) -> str:
    if isinstance(error, DataRejected):
        return f"PostgreSQL refuses it: {error}"
    if isinstance(error, WorkerError):
        return str(error)
    return f"{type(error).__name__} at {_place(error)}"


def _place(error: Exception) -> str:
    """The innermost line that is ours, and its function."""
    place = "an unknown place"
    for frame, line in walk_tb(error.__traceback__):
        file = Path(frame.f_code.co_filename)
        if file.is_relative_to(_ROOT) and (inside := file.relative_to(_ROOT)).parts[0] in _OURS:
            place = f"{inside}:{line} ({frame.f_code.co_name})"
    return place
