"""A server that speaks TLS in front of one that does not."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress

from yarl import URL

Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]
_SSL_REQUEST_BYTES = 8


@asynccontextmanager
async def broker_over_tls(url: str, context: ssl.SSLContext) -> AsyncIterator[URL]:
    """The broker's URL at a port where TLS comes first."""

    async def greet(_: Streams) -> None:
        """AMQP begins with TLS."""

    async with _front(URL(url), greet, context) as front:
        yield front.with_scheme("amqps")


@asynccontextmanager
async def database_over_tls(url: str, context: ssl.SSLContext) -> AsyncIterator[URL]:
    """The database's URL at a port where TLS is asked for, as PostgreSQL 15 wants it, and given."""

    async def greet(client: Streams) -> None:
        reader, writer = client
        await reader.readexactly(_SSL_REQUEST_BYTES)
        writer.write(b"S")
        await writer.drain()

    async with _front(URL(url), greet, context) as front:
        yield front


@asynccontextmanager
async def _front(
    url: URL, greet: Callable[[Streams], Awaitable[None]], context: ssl.SSLContext
) -> AsyncIterator[URL]:
    running = set[asyncio.Task[None]]()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError, asyncio.IncompleteReadError):
            await greet((reader, writer))
            await writer.start_tls(context)
            behind = await asyncio.open_connection(url.host, url.port)
            await _carry((reader, writer), behind)
        writer.transport.abort()

    def begin(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.create_task(serve(reader, writer))
        running.add(task)
        task.add_done_callback(running.discard)

    server = await asyncio.start_server(begin, "127.0.0.1", 0)
    try:
        yield url.with_host("localhost").with_port(server.sockets[0].getsockname()[1])
    finally:
        server.close()
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)


async def _carry(front: Streams, behind: Streams) -> None:
    pairs = ((front, behind), (behind, front))
    ways = [asyncio.ensure_future(_copy(reader, writer)) for (reader, _), (_, writer) in pairs]
    try:
        await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for way in ways:
            way.cancel()
        await asyncio.gather(*ways, return_exceptions=True)
        behind[1].transport.abort()


async def _copy(source: asyncio.StreamReader, to: asyncio.StreamWriter) -> None:
    while content := await source.read(65_536):
        to.write(content)
        await to.drain()
