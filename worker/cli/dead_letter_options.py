"""The options of who does something to dead letters, why, and how it is sent."""

from dataclasses import dataclass
from typing import Annotated, Final

from cyclopts import Parameter, validators

from contracts.wire import CHECKOUT_KEY, UPDATE_KEY
from worker.cli.actor import actor
from worker.errors import ConfigurationFault

_KEYS: Final = (CHECKOUT_KEY, UPDATE_KEY)
_LONGEST_NAME: Final = 200


@Parameter(name="*")
@dataclass(frozen=True, slots=True)
class Author:
    """Who does it, for the history."""

    by: str | None = None
    """Who does this, for the history. Default: the account that runs the command, and the machine."""

    @property
    def name(self) -> str:
        # It travels in a header, and the headers of a message share one frame.
        return self.by.strip()[:_LONGEST_NAME] if self.by and self.by.strip() else actor()


@Parameter(name="*")
@dataclass(frozen=True, slots=True)
class Note(Author):
    """What goes into the history."""

    why: str | None = None
    """A note for the history."""


@Parameter(name="*")
@dataclass(frozen=True, slots=True)
class Sending(Note):
    """What all that is sent again has."""

    key: Annotated[str | None, Parameter(name="--as")] = None
    """Which command to send it as, when the dead letter does not say: cart.checkout or cart.update."""

    wait: Annotated[float, Parameter(validator=validators.Number(gte=0))] = 30
    """Seconds to wait for the next outcome, again after each one; 0: do not wait."""

    @property
    def known_key(self) -> str | None:
        """Raises: ConfigurationFault: it is none of the keys."""
        if self.key not in {None, *_KEYS}:
            raise ConfigurationFault(f"--as must be {' or '.join(_KEYS)}")
        return self.key
