"""`checkout dead-letters replay`: send dead letters again."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Final

from cyclopts import Parameter, validators
from rich.progress import Progress

from contracts.wire import COMMANDS_EXCHANGE
from worker.amqp.publisher import Publisher
from worker.cli.dead_letter_choice import Choice, Problem, choose
from worker.cli.dead_letter_files import imported, read_files
from worker.cli.dead_letter_left import print_left
from worker.cli.dead_letter_options import Sending
from worker.cli.dead_letter_selection import Ids, OldestFirst, Selection
from worker.cli.exit import Exit
from worker.cli.output import AsJson, DryRun, Yes, confirm, console, counted, errors, print_json, safe
from worker.cli.services import database, publishing
from worker.deadletters.replay_message import key_of
from worker.deadletters.replaying import Replaying, ReplayPlan, Tally
from worker.errors import ConfigurationFault
from worker.postgres.dead_letters import LetterState
from worker.postgres.replays import REPLAYABLE, Chosen, Replays
from worker.settings import Settings

_SHOWN: Final = 20
_NO_KEY: Final = "cannot tell which command this was: pass --as cart.checkout or --as cart.update, or edit it"
_HAS_PENDING: Final = "`checkout dead-letters list --state replaying` lists those without an outcome"
_PENDING: Final = f"is a worker running? {_HAS_PENDING}"
_Rate = Parameter(validator=validators.Number(gt=0, lte=100_000))
_Some = Parameter(validator=validators.Number(gte=1))


@Parameter(name="*")
@dataclass(frozen=True, slots=True)
class How(Sending):
    """How to replay."""

    directory: Annotated[Path | None, Parameter(name="--from")] = None
    """Replay the exported files in this directory; those not yet in the archive are archived first."""

    rate: Annotated[float | None, _Rate] = None
    """Messages per second, at a steady pace. Default: as fast as the broker accepts them."""

    canary: Annotated[int | None, _Some] = None
    """Send this many first, and stop unless all of them are resolved."""

    @property
    def plan(self) -> ReplayPlan:
        """Raises: ConfigurationFault."""
        return ReplayPlan(self.name, self.why, self.known_key, self.rate, self.canary or 0, self.wait)


async def replay(
    *ids: Ids,
    selection: Selection | None = None,
    limit: OldestFirst | None = None,
    how: How | None = None,
    dry_run: DryRun = False,
    yes: Yes = False,
    json: AsJson = False,
) -> int:
    """Send dead letters again, each with its original message id, so that nothing is ordered twice.

    Parameters
    ----------
    dry_run
        Only print how many would be sent, and where to.
    """
    how, settings = how or How(), Settings.load()
    plan, files = how.plan, _files(how.directory, ids, selection, limit)
    if files and dry_run:
        return _print_files(files, as_json=json)
    if files:
        confirm(f"Replay the dead letters of {counted(len(files), 'file')}?", yes=yes)
    async with database(settings) as pool:
        names = await imported(pool, files, plan.actor) if files else ids
        choice = await choose(Replays(pool), names, selection, REPLAYABLE, limit)
        _leave_others(choice, plan.key, is_import=bool(files))
        if dry_run:
            return _print_plan(choice, plan.key, as_json=json)
        choice.confirm("Replay", yes=yes)
        tally = await _run(settings, Replays(pool), plan, choice, as_json=json)
    tally.skipped += choice.left
    code = _print(tally, choice, plan, as_json=json)
    # Of a file's, those that others have or that are resolved are no problem.
    return Exit.PROBLEMS if ids and tally.skipped and not tally.sent else code


def _files(
    directory: Path | None, ids: Sequence[str], selection: Selection | None, limit: int | None
) -> list[Path]:
    """Raises: ConfigurationFault."""
    if directory is None:
        return []
    if ids or limit or selection not in {None, Selection()}:
        raise ConfigurationFault(
            "--from replays all files of a directory: pass neither ids nor a filter with it"
        )
    return read_files(directory)


def _leave_others(choice: Choice, key: str | None, *, is_import: bool) -> None:
    """Those that cannot be sent are problems; those of files that are resolved were replayed before."""
    choice.leave_held()
    letters, choice.letters = choice.letters, []
    for each in letters:
        if problem := _problem(each, key, is_import=is_import):
            choice.problems.append(Problem(each.dead_letter_id, problem))
        else:
            choice.letters.append(each)


def _problem(letter: Chosen, key: str | None, *, is_import: bool) -> str | None:
    if letter.state == LetterState.DISCARDED:
        return "it is discarded: restore it first"
    if letter.state == LetterState.RESOLVED:
        return None if is_import else "it is resolved: there is nothing to replay"
    return None if key_of(letter.queue, letter.routing_key) or key else _NO_KEY


async def _run(
    settings: Settings, replays: Replays, plan: ReplayPlan, choice: Choice, *, as_json: bool
) -> Tally:
    if not choice.letters:
        return Tally()
    async with publishing(settings, COMMANDS_EXCHANGE) as channel:
        with _progress(len(choice.letters)) as show:
            replaying = Replaying(replays, Publisher(channel), plan, show)
            try:
                await replaying.run(choice.letters)
            except BaseException:
                # Ctrl-C, or a service that is away: what was done so far is done.
                _print_interrupted(replaying.tally, choice, as_json=as_json)
                raise
    return replaying.tally


@contextmanager
def _progress(total: int) -> Iterator[Callable[[Tally], None]]:
    with Progress(console=errors, transient=True, disable=not errors.is_terminal) as progress:
        sending = progress.add_task("sent", total=total)
        settling = progress.add_task("settled", total=total)

        def show(tally: Tally) -> None:
            done = len(tally.skipped) + len(tally.given_back)
            progress.update(sending, completed=done + tally.sent)
            progress.update(settling, completed=done + len(tally.resolved) + len(tally.failed_again))

        yield show


def _print_files(files: Sequence[Path], *, as_json: bool) -> int:
    if as_json:
        print_json({"dryRun": True, "files": len(files)})
    else:
        console.print(f"{counted(len(files), 'file')} can be read and would be replayed")
    return Exit.OK


def _print_plan(choice: Choice, key: str | None, *, as_json: bool) -> int:
    """What a dry run says."""
    if as_json:
        document = {"dryRun": True, "chosen": choice.ids, "held": choice.held_documents}
        print_json(document | {"problems": choice.documents})
    else:
        keys = Counter(key_of(each.queue, each.routing_key) or key for each in choice.letters)
        told = ", ".join(f"{count:,} to {name}" for name, count in sorted(keys.items(), key=str))
        count = counted(len(choice.letters), "dead letter")
        console.print(f"{count} would be replayed{told and f': {told}'}")
        print_left(choice)
    is_left_to_others = choice.left and not choice.letters
    return Exit.PROBLEMS if choice.problems or is_left_to_others else Exit.OK


def _print(tally: Tally, choice: Choice, plan: ReplayPlan, *, as_json: bool) -> int:
    is_late = bool(tally.pending and plan.wait_seconds)
    if as_json:
        print_json(_document(tally, choice))
    else:
        console.print(_gist(tally))
        for name in tally.failed_again[:_SHOWN]:
            errors.print(f"{safe(name)}: failed again")
        if tally.stopped:
            errors.print(tally.stopped)
        if is_late:
            errors.print(_PENDING)
        print_left(choice)
    return Exit.PROBLEMS if is_late or choice.problems or not tally.is_good else Exit.OK


def _print_interrupted(tally: Tally, choice: Choice, *, as_json: bool) -> None:
    errors.print(_gist(tally))
    if left := len(_not_begun(tally, choice)):
        errors.print(f"{left:,} not started: run the command again to continue")
    if tally.pending:
        errors.print(_HAS_PENDING)
    if as_json:
        print_json(_document(tally, choice))


def _not_begun(tally: Tally, choice: Choice) -> list[str]:
    begun = tally.begun
    return [each for each in choice.ids if each not in begun]


def _gist(tally: Tally) -> str:
    counts = {
        "resolved": len(tally.resolved),
        "failed again": len(tally.failed_again),
        "without an outcome yet": len(tally.pending),
        "replayed or settled by others": len(tally.skipped),
        "not accepted by the broker": len(tally.given_back),
    }
    told = ", ".join(f"{count:,} {what}" for what, count in counts.items() if count)
    return f"{tally.sent:,} replayed{told and f': {told}'}"


def _document(tally: Tally, choice: Choice) -> dict[str, Any]:
    return {
        "sent": tally.sent,
        "resolved": tally.resolved,
        "failedAgain": tally.failed_again,
        "pending": list(tally.pending),
        "skipped": tally.skipped,
        "notTaken": tally.given_back,
        "notBegun": _not_begun(tally, choice),
        "stopped": tally.stopped is not None,
        "held": choice.held_documents,
        "problems": choice.documents,
    }
