"""The operator's own editor."""

import asyncio
import os
import shlex
import tempfile
from asyncio.subprocess import Process
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path

from worker.errors import ConfigurationFault
from worker.settings import editor_command


async def edited(content: bytes, shown: Callable[[], Awaitable[None]]) -> tuple[bytes, Path]:
    """What the operator makes of it, and the file that still holds it, for this user alone to read.

    Once the editor shows it, that is noted; where that fails, the editor ends.

    Raises:
        ConfigurationFault: there is no editor, or it failed.
    """
    command = editor_command()
    if not command:
        raise ConfigurationFault("no editor is set: set EDITOR, or pass --body FILE")
    path = _written(content)
    try:
        process = await asyncio.create_subprocess_exec(*shlex.split(command), str(path))
    except (OSError, ValueError) as error:
        path.unlink()
        raise ConfigurationFault(f"cannot start the editor {command!r}: {error}") from None
    try:
        await _noted(process, shown)
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    if await process.wait():
        raise ConfigurationFault(f"the editor failed and nothing was sent; the file is kept at {path}")
    return _read(path), path


async def _noted(process: Process, shown: Callable[[], Awaitable[None]]) -> None:
    try:
        await shown()
    except BaseException:
        with suppress(ProcessLookupError):
            process.terminate()
        await process.wait()
        raise


def _written(content: bytes) -> Path:
    handle, name = tempfile.mkstemp(prefix="checkout-", suffix=".json")
    with os.fdopen(handle, "wb") as file:
        file.write(content)
    return Path(name)


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise ConfigurationFault(f"{path} cannot be read: {error.strerror}") from None
