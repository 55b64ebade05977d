"""`checkout dead-letters prune`: remove finished ones."""

from collections.abc import Collection
from datetime import UTC, datetime
from typing import Annotated

from cyclopts import Parameter

from worker.cli.dead_letter_options import Note
from worker.cli.exit import Exit
from worker.cli.moment import Moment, moment_of
from worker.cli.output import AsJson, DryRun, Yes, confirm, console, counted, print_json
from worker.cli.services import database
from worker.errors import ConfigurationFault
from worker.postgres.dead_letters import FINISHED, DeadLetters, LetterState
from worker.settings import Settings


async def prune(
    *,
    older_than: Moment,
    state: Annotated[tuple[LetterState, ...], Parameter(negative="")] = FINISHED,
    note: Note | None = None,
    dry_run: DryRun = False,
    yes: Yes = False,
    json: AsJson = False,
) -> int:
    """Remove dead letters that were resolved or discarded long ago, with their bodies and properties.

    Their history is kept and records the pruning. Nothing is pruned automatically, and unresolved dead
    letters are never removed.

    Parameters
    ----------
    older_than
        How long ago they were resolved or discarded, such as 90d or 12h, or a time before which they were.
    state
        Only those in this state: resolved or discarded.
    dry_run
        Only print how many there are.
    """
    before, note, pruned = _checked(older_than, state), note or Note(), 0
    async with database(Settings.load(), statement_seconds=None) as pool:
        letters = DeadLetters(pool)
        found = {each["state"]: each["count"] for each in await letters.prunable(state, before)}
        count = sum(found.values())
        if count and not dry_run:
            confirm(f"Remove {counted(count, 'dead letter')} permanently?", yes=yes)
            while some := await letters.prune(state, before, note.name, note.why):
                pruned += some
    if json:
        print_json({"dryRun": dry_run, "before": before, "found": found, "pruned": pruned})
    else:
        said = f"{count:,} would be removed" if dry_run else f"{pruned:,} removed"
        console.print(f"finished before {before:%Y-%m-%d %H:%M} UTC: {said}")
    return Exit.OK


def _checked(older_than: Moment, state: Collection[LetterState]) -> datetime:
    """Before when it was finished. Raises: ConfigurationFault."""
    if set(state) - set(FINISHED):
        raise ConfigurationFault("only resolved and discarded dead letters can be pruned")
    before = moment_of(older_than, "--older-than")
    if before > datetime.now(UTC):
        raise ConfigurationFault("--older-than must not be in the future")
    return before
