"""What commands print: text for people, JSON for machines."""

import re
import sys
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from json import dumps
from typing import Annotated, Any, Final

from cyclopts import Parameter, validators
from pydantic_core import to_json
from rich.console import Console

from worker.errors import ConfigurationFault

AsJson = Annotated[bool, Parameter(name="--json", negative="")]
Limit = Annotated[int, Parameter(validator=validators.Number(gte=1))]
DryRun = Annotated[bool, Parameter(negative="")]
Yes = Annotated[bool, Parameter(negative="")]

# Without a terminal there is no width to fit into.
_WIDTH = None if sys.stdout.isatty() else 200

_BEYOND_ASCII: Final = re.compile(r"[^\n\x20-\x7e]")

console = Console(width=_WIDTH)
errors = Console(stderr=True, soft_wrap=True)


def print_json(value: Any) -> None:
    """One JSON document, as it is: neither wrapped nor coloured. Bytes as base64."""
    text = to_json(value, indent=2, bytes_mode="base64", inf_nan_mode="strings", fallback=str)
    console.out(_harmless(text.decode()), highlight=False)


def print_line(value: Any) -> None:
    """One JSON document on one line; headers of strangers may hold bytes."""
    console.out(_harmless(to_json(value, bytes_mode="base64").decode()), highlight=False)


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
        raise ConfigurationFault(f"{question} There is nobody to ask: say --yes")
    errors.print(f"{question} [y/N] ", end="", markup=False, highlight=False)
    if sys.stdin.readline().strip().casefold() not in {"y", "yes"}:
        raise ConfigurationFault("nothing was done")


def records(rows: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Database rows with the contract's camelCase names."""
    return [{_camel(name): value for name, value in row.items()} for row in rows]


def _camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(map(str.capitalize, rest))


def _harmless(document: str) -> str:
    """The same JSON, with escapes for what could steer a terminal: only texts in it can hold such letters."""
    return _BEYOND_ASCII.sub(
        lambda found: found[0] if found[0].isprintable() else dumps(found[0])[1:-1], document
    )


def safe(cell: Any) -> str:
    """Text from messages must not steer a terminal."""
    return "".join(letter if letter.isprintable() else "\ufffd" for letter in str(cell))
