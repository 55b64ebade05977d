"""Files of commands: one command each, or one a line."""

import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

from pydantic_core import from_json

from worker.cli.streams import interruptible
from worker.errors import ConfigurationFault

_STDIN: Final = Path("-")


def commands_in(files: Iterable[Path]) -> Iterator[bytes]:
    """The body of each command, whether or not it can be read as one. Raises: ConfigurationFault."""
    for file in files:
        if str(file).startswith("-") and file != _STDIN:
            raise ConfigurationFault(f"no such option: {file}; for a file of that name, pass ./{file}")
        yield from _commands(_content(file), are_lines=file == _STDIN)


def _content(file: Path) -> bytes:
    if file == _STDIN:
        with interruptible():
            return sys.stdin.buffer.read()
    try:
        return file.read_bytes()
    except OSError as error:
        raise ConfigurationFault(f"{file} cannot be read: {error.strerror}") from None


def _commands(content: bytes, *, are_lines: bool) -> list[bytes]:
    """One document is one command, however many lines it has; a file is NDJSON if its first line is JSON."""
    lines = [line for line in content.split(b"\n") if line.strip()]
    if _is_json(content):
        return [content]
    return lines if are_lines or (lines and _is_json(lines[0])) else [content]


def _is_json(text: bytes) -> bool:
    try:
        from_json(text)
    except ValueError:
        return False
    return True
