"""`checkout dead-letters export`: a JSON file each."""

from pathlib import Path

from worker.cli.dead_letter_choice import Choice, choose
from worker.cli.dead_letter_files import exported
from worker.cli.dead_letter_left import print_left
from worker.cli.dead_letter_options import Author
from worker.cli.dead_letter_selection import Ids, OldestFirst, Selection
from worker.cli.exit import Exit
from worker.cli.output import AsJson, DryRun, console, print_json
from worker.cli.services import database
from worker.postgres.dead_letters import LetterState
from worker.postgres.replays import Replays
from worker.settings import Settings


async def export(
    *ids: Ids,
    to: Path,
    selection: Selection | None = None,
    limit: OldestFirst | None = None,
    author: Author | None = None,
    dry_run: DryRun = False,
    json: AsJson = False,
) -> int:
    """Write dead letters to files, complete and unmasked; `replay --from` reads these files.

    Parameters
    ----------
    to
        The directory; created if missing. Only you can read the files.
    dry_run
        Only print how many would be written.
    """
    async with database(Settings.load()) as pool:
        replays = Replays(pool)
        choice = await choose(replays, ids, selection, tuple(LetterState), limit)
        written = 0 if dry_run else await exported(replays, choice.letters, to, (author or Author()).name)
    return _print(choice, written, to, dry_run=dry_run, as_json=json)


def _print(choice: Choice, written: int, to: Path, *, dry_run: bool, as_json: bool) -> int:
    if as_json:
        document = {"dryRun": dry_run, "chosen": choice.ids, "written": written, "to": str(to)}
        print_json(document | {"problems": choice.documents})
    else:
        said = f"{len(choice.letters):,} would be" if dry_run else f"{written:,}"
        console.print(f"{said} written to {to}")
        print_left(choice)
    return Exit.PROBLEMS if choice.problems else Exit.OK
