"""Who runs a command, for the history of what is done."""

import getpass
import socket
from typing import Final

_LONGEST: Final = 200


def actor() -> str:
    """The account and the machine."""
    try:
        account = getpass.getuser()
    except (OSError, KeyError):
        # A container whose user id has no name: KeyError before Python 3.13.
        account = "unknown"
    return f"{account}@{socket.gethostname()}"[:_LONGEST]
