"""A line to a service of this machine that tests cut, freeze and slow down. Its port stays."""

import asyncio
import socket
import struct
from contextlib import suppress
from enum import Enum
from types import TracebackType
from typing import Final, Self

from worker.embedded.ports import free_ports

_HOST: Final = "127.0.0.1"
_CHUNK: Final = 65_536
# Closing with this linger sends RST in place of FIN.
_AT_ONCE: Final = struct.pack("ii", 1, 0)


class Way(Enum):
    """The two directions of a line."""

    TO_SERVICE = "to service"
    TO_CLIENT = "to client"


class Proxy:
    """Passes bytes both ways until it is told otherwise."""

    def __init__(self, service_port: int) -> None:
        self._service_port = service_port
        (self.port,) = free_ports(1)
        self._server: asyncio.Server | None = None
        self._open = {way: asyncio.Event() for way in Way}
        self._delay = 0.0
        self._writers: set[asyncio.StreamWriter] = set()
        self._lines: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Self:
        await self.mend()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.refuse()
        for line in self._lines:
            line.cancel()
        await asyncio.gather(*self._lines, return_exceptions=True)

    async def mend(self) -> None:
        """Pass everything again, also what was held back; accept connections again."""
        self._delay = 0.0
        for way in self._open.values():
            way.set()
        if self._server is None:
            self._server = await asyncio.start_server(self._accepted, _HOST, self.port)

    def freeze(self, *ways: Way) -> None:
        """Hold everything back, or what goes these ways; ends of connections too."""
        for way in ways or Way:
            self._open[way].clear()

    def slow(self, delay: float) -> None:
        """Hold each chunk back for so many seconds."""
        self._delay = delay

    def reset(self) -> None:
        """End all connections with RST; new ones are accepted."""
        for writer in self._writers:
            with suppress(OSError):
                writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _AT_ONCE)
            writer.transport.abort()

    async def refuse(self) -> None:
        """End all connections, and accept none until mended."""
        if self._server is not None:
            self._server.close()
            self._server = None
        self.reset()
        # One that was accepted just before.
        await asyncio.sleep(0)
        self.reset()

    async def _accepted(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        line = asyncio.current_task()
        assert line is not None
        self._lines.add(line)
        try:
            await self._serve(reader, writer)
        except (OSError, asyncio.CancelledError):
            # A cancellation is ours, at the end; asyncio's server would log it as an error.
            writer.transport.abort()
        finally:
            self._lines.discard(line)

    async def _serve(self, reader: asyncio.StreamReader, client: asyncio.StreamWriter) -> None:
        answers, service = await asyncio.open_connection(_HOST, self._service_port)
        self._writers |= {client, service}
        try:
            await asyncio.gather(
                self._pass(reader, service, Way.TO_SERVICE), self._pass(answers, client, Way.TO_CLIENT)
            )
        finally:
            self._writers -= {client, service}
            client.transport.abort()
            service.transport.abort()

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, way: Way) -> None:
        chunk = b"first"
        while chunk:
            chunk = await reader.read(_CHUNK)
            await asyncio.sleep(self._delay)
            await self._open[way].wait()
            writer.write(chunk)
            await writer.drain()
        with suppress(OSError):
            writer.write_eof()
