"""`checkout dead-letters`: what was set aside, and what became of it."""

import re
from collections.abc import Sequence
from typing import Any, Final

from contracts.codes import DeadLetterCode
from worker.cli.dead_letter_selection import AllStates, Selection, States, states_of
from worker.cli.group import command_group
from worker.cli.lines import print_lines
from worker.cli.output import AsJson, Limit, console, errors, moment, print_json, records, safe
from worker.cli.services import database
from worker.deadletters.mask import Mask
from worker.postgres.dead_letters import UNRESOLVED, DeadLetters, LetterState
from worker.postgres.records import Record
from worker.settings import Settings

_SETTLED: Final = [each for each in LetterState if each not in UNRESOLVED]
_HASH: Final = re.compile(r"([0-9a-f]{16})[0-9a-f]{48}")

app = command_group(
    "dead-letters",
    about="Messages that were set aside: find them, see why, replay, edit, discard or export them.",
)
app.command("worker.cli.dead_letter_show:show")
app.command("worker.cli.dead_letter_replay:replay")
app.command("worker.cli.dead_letter_edit:edit")
app.command("worker.cli.dead_letter_discard:discard")
app.command("worker.cli.dead_letter_discard:restore")
app.command("worker.cli.dead_letter_export:export")
app.command("worker.cli.dead_letter_prune:prune")


@app.command(name="list")
async def list_letters(
    *,
    selection: Selection | None = None,
    all_states: AllStates = False,
    limit: Limit = 50,
    json: AsJson = False,
) -> None:
    """List dead letters, newest failure first; only unresolved ones by default.

    Parameters
    ----------
    all_states
        Include resolved and discarded ones.
    limit
        List at most this many.
    """
    wanted = (selection or Selection()).filter(all_states=all_states)
    settings = Settings.load()
    async with database(settings) as pool:
        rows = await DeadLetters(pool).newest(wanted, limit + 1)
        are_settled = not rows and await DeadLetters(pool).newest(wanted._replace(states=_SETTLED), 1)
    letters = [Mask.of(settings.masked_fields).document(each) for each in listed(rows[:limit])]
    if json:
        print_json(letters)
    else:
        _print_letters(letters, _none(wanted.states, are_settled=bool(are_settled)))
        _print_more(are_more=len(rows) > limit)
    if not letters:
        _print_unknown(wanted.code)


@app.command
async def groups(
    *,
    code: str | None = None,
    state: States = (),
    all_states: AllStates = False,
    limit: Limit = 50,
    json: AsJson = False,
) -> None:
    """Group dead letters by how they failed, largest group first.

    Parameters
    ----------
    code
        Only those with this code.
    state
        Only those in this state; may be repeated. Default: unresolved ones.
    all_states
        Include resolved and discarded ones.
    limit
        List at most this many groups.
    """
    async with database(Settings.load()) as pool:
        states = states_of(state, all_states=all_states)
        found = await DeadLetters(pool).groups(states, code=code, limit=limit + 1)
        are_settled = not found and await DeadLetters(pool).groups(_SETTLED, code=code, limit=1)
    if not found:
        _print_unknown(code)
    if json:
        print_json(records(found[:limit]))
        return
    _print_groups(found[:limit], _none(states, are_settled=bool(are_settled)))
    _print_more(are_more=len(found) > limit)


def listed(rows: list[Record]) -> list[dict[str, Any]]:
    """Rows with the names of the interface."""
    return [{"id": each.pop("deadLetterId")} | each for each in records(rows)]


def _print_unknown(code: str | None) -> None:
    """Older versions may have left others than those that are known now: these are found all the same."""
    if code is not None and code not in set(DeadLetterCode):
        errors.print(
            f"this version does not use the code {safe(code)}; its codes are {', '.join(DeadLetterCode)}"
        )


def _none(states: Sequence[str], *, are_settled: bool) -> str:
    """The title where there are none."""
    if are_settled and list(states) == list(UNRESOLVED):
        return "No unresolved dead letters; --all shows the others"
    return "No dead letters"


def _print_letters(letters: list[dict[str, Any]], none: str) -> None:
    columns = ("id", "state", "last failed, UTC", "failures", "source", "messageId", "what")
    title = f"Dead letters, the newest {len(letters):,}" if letters else none
    print_lines(title, columns, list(map(_row, letters)), spare=("messageId", "source"))


def _print_groups(found: list[Record], none: str) -> None:
    rows = [
        (each["fingerprint"], each["count"], moment(each["oldest"]), moment(each["newest"]), each["pattern"])
        for each in found
    ]
    columns = ("group", "count", "oldest, UTC", "newest, UTC", "what")
    print_lines("Groups of dead letters" if found else none, columns, rows)
    if found:
        console.print("`checkout dead-letters list --group GROUP` lists the dead letters of a group")


def _print_more(*, are_more: bool) -> None:
    if are_more:
        console.print("there are more: --limit N lists up to N")


def _row(letter: dict[str, Any]) -> tuple[object, ...]:
    return (
        _HASH.sub(r"\1", letter["id"]),
        letter["state"],
        moment(letter["lastFailedAt"]),
        letter["failures"],
        letter["source"],
        letter["messageId"],
        f"{letter['code']}: {letter['reason']}",
    )
