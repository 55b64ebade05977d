"""What breaks the contract: where in a document, by its names on the wire, and which rule."""

from collections.abc import Iterator
from typing import Final

from pydantic import ValidationError

from contracts.rejected import Violation

_PLAIN_WORDS: Final = {
    # GUIDs are the only texts of the contract with a pattern.
    "string_pattern_mismatch": "Input should be a GUID like 0a1b2c3d-0000-4000-8000-0123456789ab",
    "model_type": "Input should be an object",
    "dict_type": "Input should be an object",
    "list_type": "Input should be a list",
}


def violations(error: ValidationError) -> list[Violation]:
    """All that a model found."""
    return [
        Violation(path=_path(found["loc"]), rule=_PLAIN_WORDS.get(found["type"], found["msg"]))
        for found in error.errors(include_url=False, include_context=False, include_input=False)
    ]


def nul_characters(source: bytes, document: object) -> list[Violation]:
    """The texts of a parsed document that hold a NUL character, which PostgreSQL cannot store."""
    # Only the escaped form can reach a string: JSON forbids the raw character.
    if b"\\u0000" not in source:
        return []
    rule = "Text should hold no NUL character"
    return [Violation(path=_path((path,)), rule=rule) for path in _nul_paths(document, "")]


def _path(location: tuple[int | str, ...]) -> str:
    steps = (f"[{step}]" if isinstance(step, int) else f".{step}" for step in location)
    return "".join(steps).removeprefix(".").replace("\x00", "\ufffd")[:256]


def _nul_paths(value: object, path: str) -> Iterator[str]:
    if isinstance(value, str):
        if "\x00" in value:
            yield path
    elif isinstance(value, list):
        for index, member in enumerate(value):
            yield from _nul_paths(member, f"{path}[{index}]")
    elif isinstance(value, dict):
        for key, member in value.items():
            yield from _nul_paths(key, path)
            yield from _nul_paths(member, f"{path}.{key}".removeprefix("."))
