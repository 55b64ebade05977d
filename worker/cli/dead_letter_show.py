"""`checkout dead-letters show`: one dead letter, all of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Final

from cyclopts import Parameter
from pydantic_core import from_json

from worker.amqp.frame_shield import UndecodableProperties
from worker.cli.actor import actor
from worker.cli.output import AsJson, console, errors, moment, print_json, print_table, records, safe
from worker.cli.services import database
from worker.deadletters.as_sent import as_sent
from worker.deadletters.mask import Mask
from worker.deadletters.pointing import pointed
from worker.errors import ConfigurationFault
from worker.postgres.dead_letters import DeadLetters, LetterAction, Record
from worker.settings import Settings

_MOST: Final = 20
_HIDDEN: Final = "hidden: it is no JSON and may hold what is masked; see it with --unmask --why TEXT"
_BOM: Final = b"\xef\xbb\xbf"
_ON_WIRE: Final = {"message_type": "type"}


async def show(
    name: str,
    *,
    unmask: Annotated[bool, Parameter(negative="")] = False,
    why: str | None = None,
    json: AsJson = False,
) -> int:
    """Show a dead letter: why it was set aside, its body, its properties, and what was done to it.

    Parameters
    ----------
    name
        Its id, at least the first 8 digits of that, or the id of its message.
    unmask
        Also show what CHECKOUT_MASKED_FIELDS names; this is noted in its history.
    why
        The reason for that.
    json
        Print JSON.
    """
    if unmask and not (why and why.strip()):
        raise ConfigurationFault("--unmask needs --why TEXT: it is noted in the history of the dead letter")
    settings = Settings.load()
    async with database(settings) as pool:
        letters = DeadLetters(pool)
        letter = _only(name, await letters.find(name, _MOST), await letters.history(name))
        if letter is None:
            return 1
        if unmask:
            await letters.note(letter["dead_letter_id"], LetterAction.UNMASKED, actor(), why)
        history = await letters.history(letter["dead_letter_id"])
    shown = Shown.of(letter, history, Mask(()) if unmask else Mask.of(settings.masked_fields))
    if json:
        print_json(shown.document)
    else:
        _print(shown)
    return 0


def _only(name: str, found: list[Record], history: list[Record]) -> Record | None:
    """The one that is meant; an id is worth more than a message's id. Says what is wrong otherwise."""
    exact = [letter for letter in found if letter["dead_letter_id"] == name]
    if len(exact or found) == 1:
        return (exact or found)[0]
    if found:
        errors.print(f"{len(found)} dead letters are called that; name one by its id:")
        for letter in found:
            errors.print(f"  {letter['dead_letter_id']} {letter['state']}", highlight=False)
    elif history:
        errors.print(f"this dead letter was pruned at {moment(history[-1]['acted_at'])}", highlight=False)
    else:
        errors.print(f"there is no dead letter {safe(name)}", markup=False, highlight=False)
    return None


@dataclass(frozen=True, slots=True)
class Shown:
    """What may be seen of a dead letter."""

    facts: dict[str, Any]
    properties: dict[str, Any]
    violations: list[dict[str, str]]
    body: dict[str, Any]
    history: list[dict[str, Any]]

    @classmethod
    def of(cls, letter: Record, history: list[Record], mask: Mask) -> "Shown":
        (facts,) = records([letter])
        violations = facts.pop("violations") or []
        properties, body = _properties(facts.pop("properties")), _body(facts.pop("body"), mask)
        facts = {"id": facts.pop("deadLetterId")} | facts
        return cls(mask.document(facts), mask.document(properties), violations, body, records(history))

    @property
    def document(self) -> dict[str, Any]:
        told = {"violations": self.violations, "properties": self.properties}
        return self.facts | told | self.body | {"history": self.history}


def _properties(raw: bytes) -> dict[str, Any]:
    """As they were sent, with the names of AMQP; those that cannot be decoded as bytes."""
    properties = as_sent(raw)
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
    width = max(map(len, shown.facts))
    for name, value in shown.facts.items():
        if value is not None:
            console.print(f"{name:<{width}}  {safe(value)}", markup=False, highlight=False, soft_wrap=True)
    console.print("\nProperties", style="bold")
    _print_members(shown.properties)
    console.print("\nBody", style="bold")
    _print_body(shown)
    columns = ("when", "what", "who", "why", "before", "after")
    console.print()
    print_table("History", columns, map(_history_row, shown.history))


def _print_members(members: Mapping[str, Any], margin: str = "  ") -> None:
    for name, value in members.items():
        if isinstance(value, dict):
            console.print(f"{margin}{safe(name)}:", markup=False, highlight=False)
            _print_members(value, margin + "  ")
        else:
            text = f"{margin}{safe(name)}: {safe(value)}"
            console.print(text, markup=False, highlight=False, soft_wrap=True)


def _print_body(shown: Shown) -> None:
    if "body" not in shown.body:
        (text,) = shown.body.values()
        for plain in (text if isinstance(text, str) else repr(text)).splitlines():
            console.print(f"  {safe(plain)}", markup=False, highlight=False, soft_wrap=True)
        return
    for line in pointed(shown.body["body"], shown.violations):
        style = "red" if line.is_rule else ""
        console.print(f"  {safe(line.text)}", style=style, markup=False, highlight=False, soft_wrap=True)


def _history_row(action: dict[str, Any]) -> tuple[object, ...]:
    details = action["details"] or {}
    why = action["why"] or details.get("reason")
    return (
        moment(action["actedAt"]),
        action["action"],
        action["actor"],
        why,
        action["stateBefore"],
        action["stateAfter"],
    )
