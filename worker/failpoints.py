"""Places where tests end the process, to see what a crash there leaves behind."""

import os
import signal
from enum import StrEnum

from worker.errors import ConfigurationFault


class Place(StrEnum):
    """Where the message path can be cut."""

    BEFORE_COMMIT = "before-commit"
    COMMITTED = "committed"
    CONFIRMED = "confirmed"
    ACKNOWLEDGED = "acknowledged"


class Failpoints:
    """Does nothing, unless armed with `NAME:kill`."""

    def __init__(self, armed: str | None = None) -> None:
        self._armed = _parse(armed) if armed else None

    def reach(self, place: Place) -> None:
        if place is self._armed:
            os.kill(os.getpid(), signal.SIGKILL)


def _parse(armed: str) -> Place:
    name, _, action = armed.partition(":")
    if action != "kill" or name not in set(Place):
        raise ConfigurationFault(f"CHECKOUT_FAILPOINT should be one of {', '.join(Place)} and :kill")
    return Place(name)
