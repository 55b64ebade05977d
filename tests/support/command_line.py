"""`checkout` as people and scripts run it: the console script, its exit code and what it prints."""

import asyncio
import json
import os
import pty
import sys
import termios
from array import array
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from fcntl import ioctl
from pathlib import Path
from typing import Any, Final

from tests.support.eventually import eventually
from worker.embedded.process import SYSTEM_PATH

_SECONDS: Final = 40.0


@dataclass(frozen=True, slots=True)
class Finished:
    code: int
    out: str
    err: str

    @property
    def document(self) -> Any:
        """What was printed, as one JSON document."""
        return json.loads(self.out)

    @property
    def documents(self) -> list[Any]:
        """What was printed, a JSON document a line."""
        return [json.loads(line) for line in self.out.splitlines()]


class CommandLine:
    """Runs commands in one environment."""

    def __init__(self, environment: Mapping[str, str], directory: Path) -> None:
        self.environment = dict(environment)
        self.directory = directory

    def changed(self, **settings: str | None) -> "CommandLine":
        """The same with other settings, by their name without the prefix; None: not set."""
        changes = {f"CHECKOUT_{name.upper()}": value for name, value in settings.items()}
        merged = self.environment | changes
        return CommandLine(
            {name: value for name, value in merged.items() if value is not None}, self.directory
        )

    def file(self, name: str, content: bytes | str) -> str:
        """A file to name in arguments."""
        path = self.directory / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return str(path)

    def files(self, directory: str) -> list[Path]:
        """What commands wrote there."""
        return sorted(self.directory.joinpath(directory).glob("*"))

    async def start(
        self, *arguments: str, stdin: int = asyncio.subprocess.PIPE, stdout: int = asyncio.subprocess.PIPE
    ) -> asyncio.subprocess.Process:
        return await asyncio.create_subprocess_exec(
            *(str(Path(sys.executable).with_name("checkout")), *arguments),
            env={"PATH": SYSTEM_PATH, **self.environment},
            cwd=self.directory,
            stdin=stdin,
            stdout=stdout,
            stderr=asyncio.subprocess.PIPE,
        )

    async def run(self, *arguments: str, stdin: bytes = b"") -> Finished:
        """Run a command to its end."""
        return await finished(await self.start(*arguments), stdin)


@dataclass(frozen=True, slots=True)
class Keyboard:
    _keys: int
    _terminal: int

    async def type(self, line: str) -> None:
        """Type a line, and wait until it is read."""
        os.write(self._keys, f"{line}\n".encode())
        # The terminal has it when it shows it.
        os.read(self._keys, len(line))
        await eventually(self._left, lambda left: left == 0)

    async def _left(self) -> int:
        unread = array("i", [0])
        ioctl(self._terminal, termios.FIONREAD, unread)
        return unread[0]


@asynccontextmanager
async def at_terminal(
    command_line: CommandLine, *arguments: str
) -> AsyncIterator[tuple[asyncio.subprocess.Process, Keyboard]]:
    """A command whose standard input is a terminal, and the keyboard of that."""
    keyboard, terminal = pty.openpty()
    try:
        process = await command_line.start(*arguments, stdin=terminal)
        yield process, Keyboard(keyboard, terminal)
    finally:
        os.close(keyboard)
        os.close(terminal)


async def until_told(process: asyncio.subprocess.Process, text: str) -> None:
    """Read standard error up to this text."""
    assert process.stderr
    async with asyncio.timeout(_SECONDS):
        await process.stderr.readuntil(text.encode())


async def finished(process: asyncio.subprocess.Process, stdin: bytes = b"") -> Finished:
    """Wait for the end of a command; it is killed where it does not end in time."""
    try:
        async with asyncio.timeout(_SECONDS):
            out, err = await process.communicate(stdin if process.stdin else None)
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    return Finished(process.returncode or 0, (out or b"").decode(), err.decode())
