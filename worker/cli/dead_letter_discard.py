"""`checkout dead-letters discard` and `restore`."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Final

from worker.cli.dead_letter_choice import Author, Choice, Note, Problem, choose, require_choice
from worker.cli.dead_letter_selection import Selection
from worker.cli.exit import Exit
from worker.cli.output import AsJson, DryRun, Limit, Yes, console, print_json
from worker.cli.services import database
from worker.errors import ConfigurationFault
from worker.postgres.dead_letters import LetterState
from worker.postgres.replays import REPLAYABLE, Replays
from worker.settings import Settings

_AT_ONCE: Final = 500


async def discard(
    *ids: str,
    why: str | None = None,
    selection: Selection | None = None,
    limit: Limit | None = None,
    author: Author | None = None,
    dry_run: DryRun = False,
    yes: Yes = False,
    json: AsJson = False,
) -> int:
    """Set dead letters aside for good, with a reason; they stay in the archive until they are pruned.

    Parameters
    ----------
    ids
        By their id, the beginning of it, or the id of the message; without any, all that the options choose.
    why
        The reason, for the history; it is needed.
    selection
        Which; all that is given holds together.
    limit
        How many at most, those that failed first.
    author
        Who discards.
    dry_run
        Say how many would be discarded.
    yes
        Do not ask.
    json
        Print JSON.
    """
    why = _reason(why)
    require_choice(ids, selection, limit, yes=yes)
    async with database(Settings.load()) as pool:
        replays, who = Replays(pool), (author or Author()).name
        choice = await choose(replays, ids, selection, REPLAYABLE, limit)
        choice.keep_only(REPLAYABLE)
        if not dry_run:
            choice.confirm("Discard", yes=yes)
        done = [] if dry_run else await _each(choice, lambda some: replays.discard(some, who, why))
    return _print("discarded", choice, done, dry_run=dry_run, as_json=json)


def _reason(why: str | None) -> str:
    """Raises: ConfigurationFault: there is none."""
    if why is None or not why.strip():
        raise ConfigurationFault("--why TEXT is needed: the reason goes into the history")
    return why


async def restore(
    *ids: str,
    selection: Selection | None = None,
    limit: Limit | None = None,
    note: Note | None = None,
    dry_run: DryRun = False,
    yes: Yes = False,
    json: AsJson = False,
) -> int:
    """Park discarded dead letters again.

    Parameters
    ----------
    ids
        By their id, the beginning of it, or the id of the message; without any, all that the options choose.
    selection
        Which; all that is given holds together.
    limit
        How many at most, those that failed first.
    note
        What goes into the history.
    dry_run
        Say how many would be restored.
    yes
        Do not ask.
    json
        Print JSON.
    """
    require_choice(ids, selection, limit, yes=yes)
    async with database(Settings.load()) as pool:
        replays, note = Replays(pool), note or Note()
        choice = await choose(replays, ids, selection, (LetterState.DISCARDED,), limit)
        choice.keep_only((LetterState.DISCARDED,))
        if not dry_run:
            choice.confirm("Restore", yes=yes)
        done = [] if dry_run else await _each(choice, lambda some: replays.restore(some, note.name, note.why))
    return _print("restored", choice, done, dry_run=dry_run, as_json=json)


async def _each(choice: Choice, change: Callable[[Sequence[str]], Awaitable[list[str]]]) -> list[str]:
    """Change them; those that could not be are problems."""
    done: list[str] = []
    ids = choice.ids
    for start in range(0, len(ids), _AT_ONCE):
        done += await change(ids[start : start + _AT_ONCE])
    missed = set(ids) - set(done)
    states = {each.dead_letter_id: each.state for each in choice.letters}
    choice.problems += [Problem(each, f"it was {states[each]} and stays as it is") for each in sorted(missed)]
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
        console.print(f"{would} {what}", highlight=False)
        choice.print_left()
    return Exit.PROBLEMS if choice.problems else Exit.OK
