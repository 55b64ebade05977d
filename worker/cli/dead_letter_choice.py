"""The dead letters that something is to be done to: named ones, or all that a filter finds."""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

from worker.cli.dead_letter_selection import Selection
from worker.cli.output import confirm, counted
from worker.errors import ConfigurationFault
from worker.postgres.dead_letters import LetterState
from worker.postgres.replays import Chosen, Held, Replays

_TOO_SHORT: Final = re.compile(r"[0-9a-f]{1,7}")


class Problem(NamedTuple):
    """Why nothing is done about a dead letter."""

    name: str
    problem: str


@dataclass(slots=True)
class Choice:
    """Those that were meant, and names that mean none."""

    letters: list[Chosen] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    held: list[Held] = field(default_factory=list)
    """Others that were meant, and are being replayed."""

    left: list[str] = field(default_factory=list)
    """Those of them that were named."""

    is_named: bool = False

    @property
    def ids(self) -> list[str]:
        return [each.dead_letter_id for each in self.letters]

    @property
    def documents(self) -> list[dict[str, str]]:
        return [each._asdict() for each in self.problems]

    def confirm(self, verb: str, *, yes: bool) -> None:
        """Ask, unless each was named. Raises: ConfigurationFault."""
        left = len(self.problems) + sum(each.letters for each in self.held)
        others = f" and skip {left:,}" if left else ""
        if self.letters and not self.is_named:
            confirm(f"{verb} {counted(len(self.letters), 'dead letter')}{others}?", yes=yes)

    def keep_only(self, states: Collection[LetterState]) -> None:
        """Those in other states, and those that others are replaying, are problems."""
        letters, self.letters = self.letters, []
        for each in letters:
            if each.state in states and not each.held_by:
                self.letters.append(each)
            else:
                problem = f"it is {each.state} and was not changed"
                self.problems.append(Problem(each.dead_letter_id, problem))

    def leave_held(self) -> None:
        """Leave those to others that they are replaying."""
        held: dict[str, Held] = {}
        for each in self.letters:
            if each.held_by and each.held_until:
                count, until = 1, each.held_until
                if known := held.get(each.held_by):
                    count, until = known.letters + 1, min(known.until, until)
                held[each.held_by] = Held(each.held_by, count, until)
                self.left.append(each.dead_letter_id)
        self.letters = [each for each in self.letters if not each.held_by]
        self.held += held.values()

    @property
    def held_documents(self) -> list[dict[str, Any]]:
        return [{"by": each.claimed_by, "count": each.letters, "until": each.until} for each in self.held]


def require_choice(
    names: Sequence[str], selection: Selection | None, limit: int | None, *, yes: bool
) -> None:
    """Nobody is asked after `--yes`, and a script's variable may be empty. Raises: ConfigurationFault."""
    is_told = names or limit or selection not in (None, Selection())
    if yes and not is_told:
        raise ConfigurationFault("--yes needs ids or a filter: without any, all dead letters would be chosen")


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
        raise ConfigurationFault("pass ids or a filter, not both")
    if names:
        return _named(await replays.named(names))
    if wrong := [str(each) for each in selection.state if each not in states]:
        raise ConfigurationFault(f"--state {wrong[0]} does not work here: pass {' or '.join(states)}")
    wanted, choice = selection.filter(), Choice()
    if not selection.state:
        unresolved = [each for each in wanted.states if each in states]
        wanted = wanted._replace(states=unresolved or list(states))
    async for page in replays.chosen(wanted, limit):
        choice.letters += page
    choice.held = await replays.held(wanted)
    return choice


def nothing_called(name: str) -> str:
    """Why nothing is found under this name."""
    hint = ": pass at least the first 8 digits of an id" if _TOO_SHORT.fullmatch(name) else ""
    return f"there is no such dead letter{hint}"


def _named(found: dict[str, list[Chosen]]) -> Choice:
    choice, letters = Choice(is_named=True), {}
    for name, meant in found.items():
        if not meant:
            choice.problems.append(Problem(name, nothing_called(name)))
        elif len(meant) > 1 and meant[0].dead_letter_id != name:
            ids = ", ".join(each.dead_letter_id for each in meant)
            choice.problems.append(Problem(name, f"several dead letters match: pass one of the ids {ids}"))
        else:
            letters[meant[0].dead_letter_id] = meant[0]
    choice.letters = list(letters.values())
    return choice
