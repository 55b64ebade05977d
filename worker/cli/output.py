"""What commands print: text for people, JSON for machines."""

import re
import sys
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from json import dumps
from typing import Annotated, Any, Final

from cyclopts import Parameter, validators
from pydantic.alias_generators import to_camel
from pydantic_core import to_json
from rich.console import Console

from worker.cli.exit import Exit
from worker.cli.streams import interruptible
from worker.deadletters.base64_bytes import with_base64
from worker.errors import ConfigurationFault

AsJson = Annotated[bool, Parameter(name="--json", negative="", help="Print JSON.")]
Limit = Annotated[int, Parameter(validator=validators.Number(gte=1, lte=2**31 - 1))]
DryRun = Annotated[bool, Parameter(negative="")]
Yes = Annotated[bool, Parameter(negative="", help="Do not ask for confirmation.")]

_LONGEST_NAME: Final = 255


def _fits(_: object, value: str | None) -> None:
    if value is not None and not 1 <= len(value.encode()) <= _LONGEST_NAME:
        raise ValueError(f"AMQP allows 1 to {_LONGEST_NAME} bytes.")


Name = Annotated[str, Parameter(validator=_fits)]

# Without a terminal there is no width to fit into.
WIDTH: Final = None if sys.stdout and sys.stdout.isatty() else 200

_BEYOND_ASCII: Final = re.compile(r"[^\n\x20-\x7e]")


def plain_console(**more: Any) -> Console:
    """Texts come from messages as well: of `:id:` rich would make an emoji, of `[red]` a style."""
    return Console(markup=False, emoji=False, highlight=False, **more)


console = plain_console(width=WIDTH)
errors = plain_console(stderr=True, soft_wrap=True)


def print_json(value: Any) -> None:
    """One JSON document, as it is: neither wrapped nor coloured. Bytes as base64."""
    text = to_json(with_base64(value), indent=2, inf_nan_mode="strings", fallback=str)
    console.out(_harmless(text.decode()))


def print_line(value: Any) -> None:
    """One JSON document on one line; headers of strangers may hold bytes."""
    console.out(_harmless(to_json(with_base64(value), inf_nan_mode="strings").decode()))


def print_missing(what: str, name: object, *, as_json: bool) -> Exit:
    """Tell that there is no such thing."""
    if as_json:
        print_json({"problems": [{"name": str(name), "problem": f"there is no such {what}"}]})
    else:
        errors.print(f"there is no {what} {name}")
    return Exit.PROBLEMS


def moment(time: datetime) -> str:
    """To the second, in UTC."""
    return f"{time.astimezone(UTC):%Y-%m-%d %H:%M:%S}"


def counted(count: int, noun: str) -> str:
    """Such as "1 order" and "2,000 orders"."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def confirm(question: str, *, yes: bool) -> None:
    """Return if the answer is yes. Raises: ConfigurationFault."""
    if yes:
        return
    if not sys.stdin.isatty():
        raise ConfigurationFault(f"{question} Standard input is not a terminal: pass --yes")
    with interruptible():
        errors.print(f"{question} [y/N] ", end="")
        answer = sys.stdin.readline()
    if answer.strip().casefold() not in {"y", "yes"}:
        raise ConfigurationFault("nothing was done")


def records(rows: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Database rows with the contract's camelCase names."""
    return [{to_camel(name): value for name, value in row.items()} for row in rows]


def _harmless(document: str) -> str:
    """The same JSON, with escapes for what could steer a terminal, or what its encoding lacks.

    Only texts in it can hold such letters.
    """
    letters = set(_BEYOND_ASCII.findall(document))
    return document.translate({ord(each): dumps(each)[1:-1] for each in letters if not _can_be_shown(each)})


def _can_be_shown(letter: str) -> bool:
    try:
        letter.encode(sys.stdout.encoding or "utf-8")
    except UnicodeEncodeError:
        return False
    return letter.isprintable()


def safe(cell: Any) -> str:
    """Text from messages must not steer a terminal."""
    return "".join(letter if letter.isprintable() else "\ufffd" for letter in str(cell))
