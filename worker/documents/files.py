"""The documents as files, and how a directory of them differs."""

from collections.abc import Iterator, Mapping
from importlib.resources import files
from pathlib import Path
from typing import Any

from pydantic_core import from_json, to_json

from worker.documents.asyncapi import asyncapi
from worker.documents.examples import event_examples, example, index
from worker.documents.readme import readme
from worker.documents.schemas import schemas


def documents() -> dict[str, bytes]:
    """Every file by its path in the directory: made from models and tables, or written by hand and copied."""
    made = {f"schemas/{name}.json": _json(schema) for name, schema in schemas().items()}
    events = {f"examples/{path}": _json(from_json(each.body)) for path, each in event_examples().items()}
    copied = {f"examples/{path}": example(path) for path in ("index.json", *index())}
    contracts = files("contracts")
    copied["generate-types.sh"] = contracts.joinpath("generate-types.sh").read_bytes()
    template = contracts.joinpath("README.md").read_text(encoding="utf-8")
    return (
        made | events | copied | {"asyncapi.json": _json(asyncapi()), "README.md": readme(template).encode()}
    )


def write(to: Path) -> list[Path]:
    """Write all documents below a directory. Raises: OSError."""
    written = []
    for name, content in documents().items():
        path = to / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        written.append(path)
    return written


def differences(found: Path) -> list[str]:
    """What is not as it would be written, one line for each file. Raises: OSError."""
    wanted = documents()
    return [*_missing_or_other(found, wanted), *_left_over(found, wanted)]


def _missing_or_other(found: Path, wanted: Mapping[str, bytes]) -> Iterator[str]:
    for name, content in wanted.items():
        path = found / name
        if not path.is_file():
            yield f"{path} is missing"
        elif path.read_bytes() != content:
            yield f"{path} differs"


def _left_over(found: Path, wanted: Mapping[str, bytes]) -> Iterator[str]:
    for folder in ("schemas", "examples"):
        for path in sorted((found / folder).rglob("*.json")):
            if path.relative_to(found).as_posix() not in wanted:
                yield f"{path} is no document of the contract"


def _json(value: Any) -> bytes:
    return to_json(value, indent=2) + b"\n"
