"""Places where tests end or stop the process, to see what that leaves behind."""

import os
import re
import signal
from collections.abc import Iterable
from enum import StrEnum
from typing import Final, NamedTuple

from worker.errors import ConfigurationFault


class Place(StrEnum):
    """Where the message path can be cut."""

    BEFORE_COMMIT = "before-commit"
    COMMITTED = "committed"
    CONFIRMED = "confirmed"
    ACKNOWLEDGED = "acknowledged"


_SIGNALS: Final = {"kill": signal.SIGKILL, "stop": signal.SIGSTOP}
_ARMED: Final = re.compile(
    rf"(?P<place>{'|'.join(Place)})(@(?P<messages>[^:]+))?:(?P<action>{'|'.join(_SIGNALS)})"
)


class _Armed(NamedTuple):
    place: Place
    messages: frozenset[str]
    signal: signal.Signals


class Failpoints:
    """Does nothing, unless armed with `PLACE:ACTION`, or `PLACE@MESSAGE_ID,...:ACTION` for some messages.

    `kill` ends the process; `stop` stops it, once, until it gets SIGCONT.
    """

    def __init__(self, armed: str | None = None) -> None:
        self._armed = _parse(armed) if armed else None

    def reach(self, place: Place, message_ids: Iterable[str | None]) -> None:
        if self._armed is None or place is not self._armed.place:
            return
        if not self._armed.messages or not self._armed.messages.isdisjoint(message_ids):
            number, self._armed = self._armed.signal, None
            os.kill(os.getpid(), number)


def _parse(armed: str) -> _Armed:
    match = _ARMED.fullmatch(armed)
    if match is None:
        raise ConfigurationFault(
            f"CHECKOUT_FAILPOINT should be one of {', '.join(Place)}, "
            f"then @ and message ids or nothing, then :{' or :'.join(_SIGNALS)}"
        )
    messages = match["messages"].split(",") if match["messages"] else ()
    return _Armed(Place(match["place"]), frozenset(messages), _SIGNALS[match["action"]])
