"""The committed documents of the contract, as anybody reads them."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from jsonschema import Draft7Validator, FormatChecker

from contracts.scalars import parse_timestamp

CONTRACTS: Final = Path(__file__).parents[2] / "contracts"
EXAMPLES: Final = CONTRACTS / "examples"
INDEX: Final[dict[str, dict[str, Any]]] = json.loads((EXAMPLES / "index.json").read_bytes())
SCHEMAS: Final[dict[str, dict[str, Any]]] = {
    path.stem: json.loads(path.read_bytes()) for path in sorted((CONTRACTS / "schemas").glob("*.json"))
}
ASYNCAPI: Final[dict[str, Any]] = json.loads((CONTRACTS / "asyncapi.json").read_bytes())
RESULTS: Final = ("checkout.completed", "checkout.partial", "checkout.failed")

_FORMATS: Final = FormatChecker(("uuid",))
_FORMATS.checks("date-time", raises=(ValueError, OverflowError))(
    lambda value: not isinstance(value, str) or bool(parse_timestamp(value))
)


def message_of(path: str) -> str:
    return path.partition("/")[0]


def validator(message: str) -> Draft7Validator:
    name = "checkout.result" if message in RESULTS else message
    return Draft7Validator(SCHEMAS[name], format_checker=_FORMATS)


def is_valid(path: str) -> bool:
    """Whether the message's schema takes an example."""
    try:
        document = json.loads((EXAMPLES / path).read_bytes())
    except ValueError:
        return False
    return bool(validator(message_of(path)).is_valid(document))


def all_examples() -> list[str]:
    return sorted(
        path.relative_to(EXAMPLES).as_posix()
        for path in EXAMPLES.rglob("*.json")
        if path.name != "index.json"
    )


def event_examples() -> list[str]:
    return [path for path in all_examples() if path not in INDEX]


def nodes(value: Any, path: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """Every object in a schema with its path."""
    if isinstance(value, dict):
        yield path, value
    members = value.items() if isinstance(value, dict) else enumerate(value)
    for key, member in members:
        if isinstance(member, dict | list):
            yield from nodes(member, f"{path}/{key}")
