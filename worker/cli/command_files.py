"""Files of commands: one command each, or one a line."""

import sys
from codecs import BOM_UTF8
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
    """A file is read by line if every line is an object; standard input, if it is no document as a whole."""
    lines = [line for line in content.split(b"\n") if line.strip()]
    if are_lines:
        is_document = len(lines) > 1 and not _is_json(lines[0]) and _is_json(content)
        return [content] if is_document else lines
    return lines if len(lines) > 1 and all(map(_is_object, lines)) else [content]


def _is_object(text: bytes) -> bool:
    return text.removeprefix(BOM_UTF8).lstrip().startswith(b"{") and _is_json(text)


def _is_json(text: bytes) -> bool:
    try:
        from_json(text.removeprefix(BOM_UTF8))
    except ValueError:
        return False
    return True
