"""`checkout dead-letters show`: one dead letter, all of it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import Annotated, Any, Final

from cyclopts import Parameter
from pydantic_core import from_json

from contracts.codes import DeadLetterCode
from worker.amqp.frame_shield import UndecodableProperties
from worker.cli.dead_letter_choice import Choice, Problem, nothing_called
from worker.cli.dead_letter_left import print_left
from worker.cli.dead_letter_options import Note
from worker.cli.dead_letter_selection import LetterName
from worker.cli.exit import Exit
from worker.cli.lines import print_lines
from worker.cli.output import AsJson, console, moment, print_json, records, safe
from worker.cli.services import database
from worker.deadletters.as_sent import as_sent, deaths_of
from worker.deadletters.mask import Mask
from worker.deadletters.pointing import Line, pointed
from worker.errors import ConfigurationFault
from worker.postgres.dead_letters import DeadLetters, LetterAction
from worker.postgres.lookups import Lookups
from worker.postgres.records import Record
from worker.settings import Settings

_MOST: Final = 20
_MOST_LINES: Final = 2_000
_LONGEST_LINE: Final = 4_000
_HIDDEN: Final = "hidden: it is not JSON and may contain masked values; to show it, pass --unmask --why TEXT"
_BOM: Final = b"\xef\xbb\xbf"
_ON_WIRE: Final = {"message_type": "type"}


async def show(
    name: LetterName,
    /,
    *,
    unmask: Annotated[bool, Parameter(negative="")] = False,
    note: Note | None = None,
    json: AsJson = False,
) -> int:
    """Show a dead letter: why it was set aside, its body, its properties and its history.

    Parameters
    ----------
    unmask
        Show the fields that CHECKOUT_MASKED_FIELDS hides; needs --why, and is recorded in the history.
    """
    note = note or Note()
    if unmask and not (note.why and note.why.strip()):
        raise ConfigurationFault(
            "--unmask needs --why TEXT, which is recorded in the history of the dead letter"
        )
    settings = Settings.load()
    async with database(settings) as pool:
        letters = DeadLetters(pool)
        found = await letters.find(name, _MOST)
        letter = _only(name, found)
        if letter is None:
            return await _missing(letters, name, found, as_json=json)
        if unmask:
            await letters.note(letter["dead_letter_id"], LetterAction.UNMASKED, note.name, note.why)
        history = await letters.history(letter["dead_letter_id"])
        letter |= await _first_use(Lookups(pool), letter)
    shown = Shown.of(letter, history, Mask(()) if unmask else Mask.of(settings.masked_fields))
    if json:
        print_json(shown.document)
    else:
        _print(shown)
    return Exit.OK


async def _first_use(lookups: Lookups, letter: Record) -> Record:
    """Of a message id that was reused: what it stands for."""
    is_known = letter["customer_id"] and letter["message_id"]
    if letter["code"] != DeadLetterCode.MESSAGE_ID_REUSED or not is_known:
        return {}
    found = await lookups.first_use(letter["customer_id"], letter["message_id"])
    return {"used_first": records([found])[0]} if found else {}


def _only(name: str, found: list[Record]) -> Record | None:
    """The one that is meant; an id is worth more than a message's id."""
    meant = [letter for letter in found if letter["dead_letter_id"] == name] or found
    return meant[0] if len(meant) == 1 else None


async def _missing(letters: DeadLetters, name: str, found: list[Record], *, as_json: bool) -> int:
    """Of a letter that was pruned, what was done to it is left."""
    pruned = [] if found else await letters.pruned(name, _MOST)
    past = await letters.history(pruned[0]) if len(pruned) == 1 else []
    called = [f"{each['dead_letter_id']} ({each['state']})" for each in found] or pruned
    choice, history = Choice(problems=[Problem(name, _problem(name, called, past))]), records(past)
    if as_json:
        print_json({"problems": choice.documents} | ({"id": pruned[0], "history": history} if past else {}))
    else:
        print_left(choice)
        _print_history(history)
    return Exit.PROBLEMS


def _problem(name: str, called: list[str], history: list[Record]) -> str:
    """Why nothing can be shown."""
    if history:
        return f"dead letter {called[0]} was pruned at {moment(history[-1]['acted_at'])} UTC"
    if called:
        return f"several dead letters match: pass one of the ids {', '.join(called)}"
    return nothing_called(name)


@dataclass(frozen=True, slots=True)
class Shown:
    """What may be seen of a dead letter."""

    facts: dict[str, Any]
    properties: dict[str, Any]
    deaths: list[Any]
    """What the broker noted when it set the message aside, the newest first: its x-death."""

    violations: list[dict[str, str]]
    body: dict[str, Any]
    history: list[dict[str, Any]]

    @classmethod
    def of(cls, letter: Record, history: list[Record], mask: Mask) -> "Shown":
        (facts,) = records([letter])
        violations = facts.pop("violations") or []
        raw, body = facts.pop("properties"), _body(facts.pop("body"), mask)
        facts = {"id": facts.pop("deadLetterId")} | facts
        properties = mask.document(_properties(raw, letter["set_aside_by"]))
        deaths = mask.document(deaths_of(raw))
        return cls(mask.document(facts), properties, deaths, violations, body, records(history))

    @property
    def document(self) -> dict[str, Any]:
        told = {"violations": self.violations, "properties": self.properties, "xDeath": self.deaths}
        return self.facts | told | self.body | {"history": self.history}


def _properties(raw: bytes, set_aside_by: str) -> dict[str, Any]:
    """As they were sent, with the names of AMQP; those that cannot be decoded as bytes."""
    properties = as_sent(raw, set_aside_by=set_aside_by)
    if isinstance(properties, UndecodableProperties):
        return {"undecodable": properties.raw, "because": properties.reason}
    named = {_ON_WIRE.get(name, name): getattr(properties, name) for name in properties.__slots__}
    return {name: value for name, value in named.items() if value not in (None, "", {})}


def _body(body: bytes, mask: Mask) -> dict[str, Any]:
    """As JSON, else as text, else as bytes."""
    try:
        return {"body": mask.document(from_json(body.removeprefix(_BOM)))}
    except ValueError:
        if mask.hides_some_of(body):
            return {"bodyHidden": _HIDDEN}
    try:
        return {"bodyText": body.decode()}
    except UnicodeDecodeError:
        return {"bodyBytes": body}


def _print(shown: Shown) -> None:
    # Alone, so that it is not folded where it can be copied.
    facts = {name: value for name, value in shown.facts.items() if name != "id" and value is not None}
    console.print(safe(shown.facts["id"]), style="bold", soft_wrap=True)
    width = max(map(len, facts))
    for name, value in facts.items():
        console.print(f"{name:<{width}}  {_fact(value)}", soft_wrap=True)
    if shown.deaths:
        console.print("\nSet aside by the broker", style="bold")
        for death in shown.deaths:
            _print_members(death if isinstance(death, dict) else {"x-death": death})
    console.print("\nProperties", style="bold")
    _print_members(shown.properties)
    console.print("\nBody", style="bold")
    _print_body(shown)
    console.print()
    _print_history(shown.history)


def _fact(value: object) -> str:
    match value:
        case datetime():
            return f"{moment(value)} UTC"
        case {"at": datetime() as at, "cartId": cart_id, "event": event}:
            return f"{moment(at)} UTC by cart {cart_id} ({safe(event)})"
        case _:
            return safe(value)


def _print_members(members: Mapping[str, Any], margin: str = "  ") -> None:
    for name, value in members.items():
        if isinstance(value, dict):
            console.print(f"{margin}{safe(name)}:")
            _print_members(value, margin + "  ")
        else:
            text = f"{margin}{safe(name)}: {_cut(safe(value))}"
            console.print(text, soft_wrap=True)


def _print_body(shown: Shown) -> None:
    if "body" not in shown.body:
        (text,) = shown.body.values()
        lines = list(map(Line, (text if isinstance(text, str) else repr(text)).splitlines()))
    else:
        lines = pointed(shown.body["body"], shown.violations)
    for line in (*lines[:_MOST_LINES], *_with_rules(lines[_MOST_LINES:])):
        style = "red" if line.is_rule else ""
        console.print(f"  {_cut(safe(line.text))}", style=style, soft_wrap=True)
    if len(lines) > _MOST_LINES:
        console.print(f"\n  {len(lines):,} lines: --json shows all of them")


def _cut(text: str) -> str:
    left = len(text) - _LONGEST_LINE
    return f"{text[:_LONGEST_LINE]}… {left:,} more characters: --json shows all of them" if left > 0 else text


def _with_rules(lines: Sequence[Line]) -> Iterator[Line]:
    """Those that something is said of, and what is said."""
    for line, following in pairwise((*lines, Line(""))):
        if line.is_rule or following.is_rule:
            yield line


def _print_history(history: Sequence[dict[str, Any]]) -> None:
    if history:
        print_lines(
            "History", ("when, UTC", "what", "state", "who and why"), list(map(_history_row, history))
        )


def _history_row(action: dict[str, Any]) -> tuple[object, ...]:
    details = action["details"] or {}
    states = dict.fromkeys(filter(None, (action["stateBefore"], action["stateAfter"])))
    told = (details.get(name) for name in ("reason", "copy", "copyOf", "to"))
    why = action["why"] or next(filter(None, told), None)
    said = f"{action['actor']}: {why}" if why else action["actor"]
    return moment(action["actedAt"]), action["action"], " > ".join(states), said
