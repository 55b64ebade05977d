"""The dead letters that something is to be done to: named ones, or all that a filter finds."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import Annotated, Final, NamedTuple

from cyclopts import Parameter, validators

from contracts.wire import CHECKOUT_KEY, UPDATE_KEY
from worker.cli.actor import actor
from worker.cli.dead_letter_selection import Selection
from worker.cli.output import confirm, errors
from worker.errors import ConfigurationFault
from worker.postgres.dead_letters import LetterState
from worker.postgres.replays import Chosen, Replays

_KEYS: Final = (CHECKOUT_KEY, UPDATE_KEY)
AtMost = Annotated[int | None, Parameter(validator=validators.Number(gte=1))]


@Parameter(name="*")
@dataclass(frozen=True, slots=True)
class Author:
    """Who does it, for the history."""

    by: str | None = None
    """Who does it, for the history. Default: the account that runs this, and the machine."""

    @property
    def name(self) -> str:
        return self.by.strip() if self.by and self.by.strip() else actor()


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
    """As what to send that of which nothing tells it: cart.checkout or cart.update."""

    wait: Annotated[float, Parameter(validator=validators.Number(gte=0))] = 30
    """Seconds to wait for outcomes, counted from the last one that came; 0: do not wait."""

    @property
    def known_key(self) -> str | None:
        """Raises: ConfigurationFault: it is none of the keys."""
        if self.key not in {None, *_KEYS}:
            raise ConfigurationFault(f"--as should be {' or '.join(_KEYS)}")
        return self.key


class Problem(NamedTuple):
    """Why nothing is done about a dead letter."""

    name: str
    problem: str


@dataclass(slots=True)
class Choice:
    """Those that were meant, and names that mean none."""

    letters: list[Chosen] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    is_named: bool = False

    @property
    def ids(self) -> list[str]:
        return [each.dead_letter_id for each in self.letters]

    @property
    def documents(self) -> list[dict[str, str]]:
        return [each._asdict() for each in self.problems]

    def confirm(self, verb: str, *, yes: bool) -> None:
        """Ask, unless each was named. Raises: ConfigurationFault."""
        if self.letters and not self.is_named:
            confirm(f"{verb} {len(self.letters):,} dead letters?", yes=yes)

    def print_problems(self) -> None:
        for each in self.problems:
            errors.print(f"{each.name}: {each.problem}", markup=False, highlight=False)


async def choose(
    replays: Replays,
    names: Sequence[str],
    selection: Selection | None,
    states: Collection[LetterState],
    limit: int | None = None,
) -> Choice:
    """What is named, else what the filter finds in these states: not what others are replaying.

    Raises:
        ConfigurationFault: names and a filter, or a state that is none of these.
    """
    selection = selection or Selection()
    if names and (limit or selection != Selection()):
        raise ConfigurationFault("name dead letters, or say which by a filter: not both")
    if names:
        return _named(await replays.named(names))
    if wrong := [str(each) for each in selection.state if each not in states]:
        raise ConfigurationFault(f"--state {wrong[0]}: here it may be {', '.join(states)}")
    wanted, choice = selection.filter(), Choice()
    if not selection.state:
        unresolved = [each for each in wanted.states if each in states]
        wanted = wanted._replace(states=unresolved or list(states))
    async for page in replays.chosen(wanted, limit):
        choice.letters += page
    return choice


def _named(found: dict[str, list[Chosen]]) -> Choice:
    choice, letters = Choice(is_named=True), {}
    for name, meant in found.items():
        if not meant:
            choice.problems.append(Problem(name, "there is no such dead letter"))
        elif len(meant) > 1 and meant[0].dead_letter_id != name:
            ids = ", ".join(each.dead_letter_id for each in meant)
            choice.problems.append(Problem(name, f"several are called that, name one of {ids}"))
        else:
            letters[meant[0].dead_letter_id] = meant[0]
    choice.letters = list(letters.values())
    return choice
