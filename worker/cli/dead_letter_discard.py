"""`checkout dead-letters discard` and `restore`."""

from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import Final, NamedTuple

from worker.cli.dead_letter_choice import Choice, Problem, choose, require_choice
from worker.cli.dead_letter_left import print_left
from worker.cli.dead_letter_options import Author, Note
from worker.cli.dead_letter_selection import Ids, OldestFirst, Selection
from worker.cli.exit import Exit
from worker.cli.output import AsJson, DryRun, Yes, console, print_json
from worker.cli.services import database
from worker.errors import ConfigurationFault
from worker.postgres.dead_letters import LetterState
from worker.postgres.replays import REPLAYABLE, Replays
from worker.settings import Settings

_AT_ONCE: Final = 500


class Change(NamedTuple):
    """What is done to dead letters in some states."""

    verb: str
    done: str
    states: tuple[LetterState, ...]
    make: Callable[[Replays, Sequence[str]], Awaitable[list[str]]]


async def discard(
    *ids: Ids,
    why: str | None = None,
    selection: Selection | None = None,
    limit: OldestFirst | None = None,
    author: Author | None = None,
    dry_run: DryRun = False,
    yes: Yes = False,
    json: AsJson = False,
) -> int:
    """Discard dead letters for good, with a reason; they stay in the archive until they are pruned.

    Parameters
    ----------
    why
        The reason, for the history; it is needed.
    dry_run
        Only print how many would be discarded.
    """
    why = _reason(why)
    who = (author or Author()).name
    change = Change("Discard", "discarded", REPLAYABLE, lambda replays, some: replays.discard(some, who, why))
    return await _changed(change, ids, selection, limit, dry_run=dry_run, yes=yes, as_json=json)


def _reason(why: str | None) -> str:
    """Raises: ConfigurationFault: there is none."""
    if why is None or not why.strip():
        raise ConfigurationFault("--why TEXT is needed: the reason goes into the history")
    return why


async def restore(
    *ids: Ids,
    selection: Selection | None = None,
    limit: OldestFirst | None = None,
    note: Note | None = None,
    dry_run: DryRun = False,
    yes: Yes = False,
    json: AsJson = False,
) -> int:
    """Undo a discard: the dead letters are parked again.

    Parameters
    ----------
    dry_run
        Only print how many would be restored.
    """
    note = note or Note()
    who, why = note.name, note.why
    change = Change(
        "Restore", "restored", (LetterState.DISCARDED,), lambda replays, some: replays.restore(some, who, why)
    )
    return await _changed(change, ids, selection, limit, dry_run=dry_run, yes=yes, as_json=json)


async def _changed(
    change: Change,
    ids: Sequence[str],
    selection: Selection | None,
    limit: int | None,
    *,
    dry_run: bool,
    yes: bool,
    as_json: bool,
) -> int:
    require_choice(ids, selection, limit, yes=yes)
    async with database(Settings.load()) as pool:
        replays = Replays(pool)
        choice = await choose(replays, ids, selection, change.states, limit)
        choice.keep_only(change.states)
        if not dry_run:
            choice.confirm(change.verb, yes=yes)
        done = [] if dry_run else await _each(choice, partial(change.make, replays))
    return _print(change.done, choice, done, dry_run=dry_run, as_json=as_json)


async def _each(choice: Choice, change: Callable[[Sequence[str]], Awaitable[list[str]]]) -> list[str]:
    """Change them; those that could not be are problems."""
    done: list[str] = []
    ids = choice.ids
    for start in range(0, len(ids), _AT_ONCE):
        done += await change(ids[start : start + _AT_ONCE])
    missed = set(ids) - set(done)
    states = {each.dead_letter_id: each.state for each in choice.letters}
    choice.problems += [
        Problem(each, f"it was {states[each]}, and was changed by others meanwhile")
        for each in sorted(missed)
    ]
    return done


def _print(what: str, choice: Choice, done: list[str], *, dry_run: bool, as_json: bool) -> int:
    if as_json:
        print_json(
            {
                "dryRun": dry_run,
                "chosen": choice.ids,
                what: done,
                "problems": choice.documents,
            }
        )
    else:
        would = f"{len(choice.letters):,} would be" if dry_run else f"{len(done):,}"
        console.print(f"{would} {what}")
        print_left(choice)
    return Exit.PROBLEMS if choice.problems else Exit.OK
