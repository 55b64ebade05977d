"""A child process that is never left behind."""

import asyncio
import contextlib
import os
import signal
import subprocess
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from worker.embedded.tree import living, process_tree

SYSTEM_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
READY_SECONDS = 60.0
STOP_SECONDS = 20.0
HURRIED_STOP_SECONDS = 2.0
KILL_ATTEMPTS = 100
TAIL_LINES = 60

# Waits for the end of this program, however it ends; each line it reads names the processes that are frozen.
# A parent-death signal would reach the child alone, not what the child started, and would come too early when
# the thread that started the child ends. SIGQUIT is first because PostgreSQL then removes its shared memory,
# SIGCONT because a frozen process handles nothing.
GUARD = """
while read -r line; do frozen=$line; done
kill -s QUIT -- "-$1"
kill -s CONT -- "-$1" $frozen
sleep 1
kill -s KILL -- "-$1" $frozen
"""

Probe = Callable[[], Awaitable[bool]]


class StartError(RuntimeError):
    """A child ended by itself, or did not become ready."""


@dataclass(frozen=True, slots=True)
class Command:
    arguments: tuple[str, ...]
    environment: Mapping[str, str]
    directory: Path
    user: str | None = None


class Process:
    """A child in a session of its own; a signal that is to hit it hits everything it started."""

    def __init__(self, name: str, log: Path, *, stop_signal: signal.Signals = signal.SIGTERM) -> None:
        self._name = name
        self._log = log
        self._stop_signal = stop_signal
        self._child: subprocess.Popen[bytes] | None = None
        self._guard: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int | None:
        return self._child.pid if self._child else None

    @property
    def running(self) -> bool:
        return self._child is not None and self._child.poll() is None

    async def start(self, command: Command, probe: Probe) -> None:
        """Leave nothing running when the probe does not succeed."""
        if self.running:
            return
        self._spawn(command)
        try:
            await self._ready(probe)
        except BaseException:
            await self._stop(HURRIED_STOP_SECONDS)
            raise

    async def run(self, command: Command) -> None:
        """For a program that ends by itself."""
        self._spawn(command)
        try:
            await self._exit(READY_SECONDS)
            if self.running or self._code() != 0:
                raise self._failure()
        except asyncio.CancelledError:
            # initdb is soon done, but leaves shared memory behind when it is interrupted.
            await self._exit(READY_SECONDS)
            raise
        finally:
            self._end()

    async def stop(self) -> None:
        await self._stop(STOP_SECONDS)

    async def _stop(self, seconds: float) -> None:
        if self._child is None:
            return
        try:
            if self.running:
                self._child.send_signal(self._stop_signal)
                self.thaw()
                await self._exit(seconds)
        finally:
            self._end()

    async def kill(self) -> None:
        killed = self._end()
        # PostgreSQL refuses to start as long as a process of the killed one is there.
        for _ in range(KILL_ATTEMPTS):
            if not living(killed):
                break
            await asyncio.sleep(0.02)

    def freeze(self) -> None:
        if self._child is not None and self.running:
            # The root first: it then starts nothing that the list would lack.
            _signal([self._child.pid], signal.SIGSTOP)
            tree = process_tree(self._child.pid)
            self._tell_guard(tree)
            _signal(tree, signal.SIGSTOP)

    def thaw(self) -> None:
        if self._child is not None and self.running:
            _signal(process_tree(self._child.pid), signal.SIGCONT)
            self._tell_guard([])

    def _spawn(self, command: Command) -> None:
        self._end()
        with self._log.open("ab") as log:
            self._child = subprocess.Popen(
                command.arguments,
                env=command.environment,
                cwd=command.directory,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                user=command.user,
                group=command.user,
                extra_groups=None if command.user is None else [],
            )
        self._guard = _guard(self._child.pid)

    async def _ready(self, probe: Probe) -> None:
        try:
            async with asyncio.timeout(READY_SECONDS):
                while not await probe():
                    if not self.running:
                        raise self._failure()
                    await asyncio.sleep(0.05)
        except TimeoutError:
            raise self._failure() from None

    async def _exit(self, seconds: float) -> None:
        if self._child is not None:
            with contextlib.suppress(subprocess.TimeoutExpired):
                await asyncio.to_thread(self._child.wait, seconds)

    def _end(self) -> list[int]:
        # Not a coroutine: no cancellation can come in between.
        if self._child is None:
            return []
        killed = self._kill_tree(self._child)
        if self._guard is not None:
            with self._guard as guard:
                guard.kill()
        self._child.wait()
        self._child = self._guard = None
        return killed

    def _kill_tree(self, child: subprocess.Popen[bytes]) -> list[int]:
        tree = []
        if self.running:
            _signal([child.pid], signal.SIGSTOP)
            tree = process_tree(child.pid)
            _signal(tree, signal.SIGKILL)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(child.pid, signal.SIGKILL)
        return tree

    def _tell_guard(self, frozen: list[int]) -> None:
        if self._guard is not None and self._guard.stdin is not None:
            self._guard.stdin.write(f"{' '.join(map(str, frozen))}\n".encode())
            self._guard.stdin.flush()

    def _code(self) -> int | None:
        return None if self._child is None else self._child.returncode

    def _failure(self) -> StartError:
        late = f"is not ready after {READY_SECONDS:.0f} s"
        state = late if self.running else f"ended with code {self._code()}"
        lines = self._log.read_text("utf-8", "replace").splitlines()[-TAIL_LINES:]
        return StartError("\n".join([f"{self._name} {state}; the end of {self._log}:", *lines]))


def _guard(group: int) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        ["/bin/sh", "-c", GUARD, "guard", str(group)],
        env={"PATH": SYSTEM_PATH},
        cwd="/",
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )


def _signal(pids: list[int], number: signal.Signals) -> None:
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, number)


async def listening(port: int) -> bool:
    try:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
    except OSError:
        return False
    writer.close()
    with contextlib.suppress(OSError):
        await writer.wait_closed()
    return True
