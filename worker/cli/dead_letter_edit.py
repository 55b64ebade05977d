"""`checkout dead-letters edit`: send a corrected copy."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Annotated, Final

from cyclopts import Parameter

from contracts.codes import DeadLetterCode
from contracts.reader import UnreadableError
from contracts.rejected import Violation
from contracts.wire import COMMANDS_EXCHANGE
from worker.amqp.decode import Limits, read_command
from worker.amqp.publisher import Publisher
from worker.cli.dead_letter_choice import Choice, choose
from worker.cli.dead_letter_left import print_left
from worker.cli.dead_letter_options import Sending
from worker.cli.dead_letter_selection import LetterName
from worker.cli.editor import edited
from worker.cli.exit import Exit
from worker.cli.output import AsJson, DryRun, Yes, confirm, console, errors, print_json, safe
from worker.cli.services import database, publishing
from worker.deadletters.copy import copy_of
from worker.deadletters.replay_message import key_of
from worker.deadletters.replaying import Replaying, ReplayPlan, Tally
from worker.errors import ConfigurationFault
from worker.postgres.dead_letters import DeadLetters, LetterAction, LetterState
from worker.postgres.pool import Pool
from worker.postgres.records import Record
from worker.postgres.replays import Claim, Copy, Replays
from worker.settings import Settings

_SAME: Final = "the body is unchanged; to send it again, run `checkout dead-letters replay`"


@Parameter(name="*")
@dataclass(frozen=True, slots=True)
class Correction(Sending):
    """What to send in place of a dead letter."""

    body: Path | None = None
    """A file with the corrected body; without it, $EDITOR opens."""

    @property
    def plan(self) -> ReplayPlan:
        """Raises: ConfigurationFault."""
        return ReplayPlan(self.name, self.why, self.known_key, wait_seconds=self.wait)


async def edit(
    name: LetterName,
    /,
    *,
    correction: Correction | None = None,
    dry_run: DryRun = False,
    yes: Annotated[Yes, Parameter(help="Do not ask for confirmation after the editor.")] = False,
    json: AsJson = False,
) -> int:
    """Send a corrected copy of a dead letter with a new message id; the original is not changed.

    Parameters
    ----------
    dry_run
        Only check that the worker can read the copy.
    """
    correction, settings = correction or Correction(), Settings.load()
    plan = correction.plan
    async with database(settings) as pool:
        choice = await choose(Replays(pool), [name], None, tuple(LetterState))
        if not choice.letters:
            return _print_problems(choice, as_json=json)
        (letter,) = await Replays(pool).whole(choice.ids)
        key = _key(letter, plan.key)
        body, written = await _body(pool, letter, correction.body, plan)
        with _kept(written):
            copy = _copy(letter, body, key, settings)
            if isinstance(copy, Refusal):
                return _print_refusal(letter["dead_letter_id"], copy, as_json=json)
            if dry_run:
                return _print_plan(copy, as_json=json)
            if correction.body is None:
                confirm("Send the copy?", yes=yes)
            async with publishing(settings, COMMANDS_EXCHANGE) as channel:
                claim = await _claim(Replays(pool), copy, letter, plan)
                # The archive has the copy now: with the file, there would be another one.
                _forget(written)
                tally = await _send(Replaying(Replays(pool), Publisher(channel), plan, lambda _: None), claim)
    return _print(copy, tally, as_json=json)


def _key(letter: Record, given: str | None) -> str:
    key = given or key_of(letter["queue"], letter["routing_key"])
    if key is None:
        raise ConfigurationFault(
            "cannot tell which command this was: pass --as cart.checkout or --as cart.update"
        )
    return key


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why there is nothing to send."""

    problem: str
    violations: Sequence[Violation] = ()


async def _body(pool: Pool, letter: Record, file: Path | None, plan: ReplayPlan) -> tuple[bytes, Path | None]:
    """What to send, and the file of the editor, where that holds something new."""
    if file is not None:
        return _read(file), None
    # Whoever edits sees what is masked elsewhere.
    reason = plan.why or "to edit a copy"
    note = partial(
        DeadLetters(pool).note, letter["dead_letter_id"], LetterAction.UNMASKED, plan.actor, reason
    )
    body, written = await edited(letter["body"], note)
    if body == letter["body"]:
        _forget(written)
        return body, None
    return body, written


@contextmanager
def _kept(written: Path | None) -> Iterator[None]:
    """However the block ends: what the operator wrote and nobody sent is there to go on with."""
    try:
        yield
    finally:
        if written and written.exists():
            errors.print(f"your edit is kept: to continue with it, pass --body {written}")


def _copy(letter: Record, body: bytes, key: str, settings: Settings) -> Copy | Refusal:
    # Where the id was at fault, the same body under another one is the cure.
    if body == letter["body"] and letter["code"] != DeadLetterCode.MESSAGE_ID_REUSED:
        return Refusal(_SAME)
    try:
        command = read_command(body, key, Limits(settings.max_message_bytes, settings.max_line_items))
    except UnreadableError as error:
        return Refusal(f"{error.code}: {error.reason}", error.violations)
    return copy_of(letter, body, key, command)


def _read(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise ConfigurationFault(f"{file} cannot be read: {error.strerror}") from None


def _forget(written: Path | None) -> None:
    if written:
        written.unlink(missing_ok=True)


def _print_refusal(name: str, refusal: Refusal, *, as_json: bool) -> int:
    problem = f"nothing was sent: {refusal.problem}"
    if as_json:
        print_json({"problems": [{"name": name, "problem": problem, "violations": refusal.violations}]})
    else:
        errors.print(safe(problem))
        for each in refusal.violations:
            errors.print(f"  {safe(each.path)}: {safe(each.rule)}")
    return Exit.PROBLEMS


async def _claim(replays: Replays, copy: Copy, letter: Record, plan: ReplayPlan) -> Claim:
    """Archive the copy, as one that is being replayed."""
    token = await replays.copy(copy, plan.actor, plan.why)
    return Claim(
        dead_letter_id=copy.dead_letter_id,
        replay_token=token,
        queue=copy.queue,
        routing_key=copy.routing_key,
        message_id=copy.message_id,
        properties=copy.properties,
        body=copy.body,
        asked_at=letter["asked_at"],
        set_aside_by=letter["set_aside_by"],
    )


async def _send(replaying: Replaying, claim: Claim) -> Tally:
    told = "may have been sent"
    try:
        await replaying.publish([claim])
        told = "was sent, but its outcome is not known yet"
        await replaying.wait()
    except BaseException:
        # Ctrl-C, or a service that is away: to edit it once more would send it twice.
        errors.print(f"the copy {told}: see `checkout dead-letters show {claim.dead_letter_id}`")
        raise
    return replaying.tally


def _print_problems(choice: Choice, *, as_json: bool) -> int:
    if as_json:
        print_json({"problems": choice.documents})
    else:
        print_left(choice)
    return Exit.PROBLEMS


def _print_plan(copy: Copy, *, as_json: bool) -> int:
    if as_json:
        print_json({"dryRun": True, "copyOf": copy.copy_of, "routingKey": copy.routing_key, "problems": []})
    else:
        console.print(f"the worker can read the copy; it would be sent to {copy.routing_key}")
    return Exit.OK


def _print(copy: Copy, tally: Tally, *, as_json: bool) -> int:
    state = _state(tally)
    if as_json:
        ids = {"id": copy.dead_letter_id, "messageId": copy.message_id, "copyOf": copy.copy_of}
        print_json(ids | {"state": state, "problems": []})
    else:
        _say(f"copy {copy.dead_letter_id}, message {copy.message_id}: {state}")
        if tally.resolved:
            original = safe(copy.copy_of)
            _say(
                f"the original is unchanged: `checkout dead-letters discard {original} --why TEXT` closes it"
            )
    return Exit.OK if tally.is_good else Exit.PROBLEMS


def _say(text: str) -> None:
    console.print(text, soft_wrap=True)


def _state(tally: Tally) -> LetterState:
    if tally.given_back:
        return LetterState.PARKED
    if tally.failed_again:
        return LetterState.FAILED_AGAIN
    return LetterState.RESOLVED if tally.resolved else LetterState.REPLAYING
