"""What breaks the contract: where in a document, by its names on the wire, and which rule."""

from collections.abc import Iterable
from itertools import islice
from typing import Final

from pydantic import ValidationError

from contracts.document import nul_paths
from contracts.rejected import Violation

_PLAIN_WORDS: Final = {
    # GUIDs are the only texts of the contract with a pattern.
    "string_pattern_mismatch": "Input should be a GUID like 0a1b2c3d-0000-4000-8000-0123456789ab",
    "model_type": "Input should be an object",
    "dict_type": "Input should be an object",
    "list_type": "Input should be a list",
}


def violations(error: ValidationError, limit: int | None = None) -> list[Violation]:
    """What a model found, the first ones up to the limit."""
    found = error.errors(include_url=False, include_context=False, include_input=False)
    return [
        Violation(path=_path(each["loc"]), rule=_PLAIN_WORDS.get(each["type"], each["msg"]))
        for each in islice(found, limit)
    ]


def nul_characters(source: bytes, document: object, limit: int | None = None) -> list[Violation]:
    """The texts of a parsed document that hold a NUL character, which PostgreSQL cannot store."""
    # Only the escaped form can reach a string: JSON forbids the raw character.
    if b"\\u0000" not in source:
        return []
    rule = "Text should hold no NUL character"
    return [Violation(path=_path(path), rule=rule) for path in islice(nul_paths(document), limit)]


def _path(location: Iterable[int | str]) -> str:
    steps = (f"[{step}]" if isinstance(step, int) else f".{step}" for step in location)
    return "".join(steps).removeprefix(".").replace("\x00", "\ufffd")[:256]
