"""AMQP as a bench needs it: prepared bytes go out, and of what comes only what is counted is read.

With a client library a command and its result cost the bench two thirds of what they cost a worker, on cores
that are measured: contenders would be compared by what the bench leaves them.
"""

import asyncio
import struct
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from typing import Any, Final, cast

from pamqp import commands, constants, frame
from pamqp.header import ProtocolHeader
from yarl import URL

from worker.amqp.connection import RPC_SECONDS
from worker.amqp.outgoing import Outgoing
from worker.amqp.property_bytes import split
from worker.amqp.publish_frames import publish_frames

_LARGEST_BODY: Final = 100_000
"""Bytes of a body in one frame: RabbitMQ's limit on frames is 128 KiB where nobody has set another."""

_CHANNEL: Final = 1
_CONFIRM_SECONDS: Final = 30.0
_START: Final = struct.Struct(">BHI")
_TAG: Final = struct.Struct(">QB")
_METHOD_BYTES: Final = 4
# Class, weight and size of the body stand before the properties.
_BEFORE_PROPERTIES: Final = 12
_NO_ID: Final = b"\0"
_FATAL: Final = (
    commands.Basic.Cancel,
    commands.Basic.Nack,
    commands.Basic.Return,
    commands.Channel.Close,
    commands.Connection.Close,
)


class RefusedError(RuntimeError):
    """The broker did not do what the bench asked for."""


class PlainConnection(asyncio.Protocol):
    """A connection with one channel."""

    def __init__(self) -> None:
        self._unread = b""
        self._answers = asyncio.Queue[Any]()
        self._published = 0
        self._unconfirmed: dict[int, None] = {}
        self._all_confirmed = asyncio.Event()
        self._hear: Callable[[str], None] = lambda _: None
        self._failed = ""

    async def open(self, url: URL) -> None:
        """Raises: RefusedError."""
        login = f"\0{url.user}\0{url.password}"
        self._transport.write(ProtocolHeader().marshal())
        await self._answer()
        tune = await self._call(commands.Connection.StartOk({}, "PLAIN", login), 0)
        self._send(commands.Connection.TuneOk(tune.channel_max, tune.frame_max, 0), 0)
        await self._call(commands.Connection.Open(url.path[1:] or "/"), 0)
        await self._call(commands.Channel.Open())
        await self._call(commands.Confirm.Select())

    async def consume(self, queue: str, hear: Callable[[str], None]) -> None:
        """Have each message heard, by its correlation id, as soon as it comes. Raises: RefusedError."""
        self.hear(hear)
        await self._call(commands.Basic.Consume(queue=queue, no_ack=True))

    def hear(self, hear: Callable[[str], None]) -> None:
        """Have this told the correlation id of whatever is delivered."""
        self._hear = hear

    def publish(self, messages: list[bytes]) -> None:
        """Write messages, each with all of its frames, at once."""
        first = self._published + 1
        self._published += len(messages)
        self._unconfirmed.update(dict.fromkeys(range(first, self._published + 1)))
        self._all_confirmed.clear()
        self._transport.write(b"".join(messages))

    async def confirmed(self) -> None:
        """Wait until the broker has all that was published. Raises: RefusedError."""
        with suppress(TimeoutError):
            async with asyncio.timeout(_CONFIRM_SECONDS):
                while self._unconfirmed and not self._failed:
                    await self._all_confirmed.wait()
        self.check()
        if self._unconfirmed:
            raise RefusedError(f"the broker did not confirm {len(self._unconfirmed)} messages")

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    def connection_lost(self, exc: Exception | None) -> None:
        self._fail(f"the broker closed the connection: {exc}")

    def data_received(self, data: bytes) -> None:
        unread, at = self._unread + data, 0
        while len(unread) - at >= _START.size:
            kind, _, size = _START.unpack_from(unread, at)
            end = at + _START.size + size + 1
            if end > len(unread):
                break
            self._take(kind, unread[at:end])
            at = end
        self._unread = unread[at:]

    def _take(self, kind: int, raw: bytes) -> None:
        content = raw[_START.size : -1]
        if kind == constants.FRAME_HEADER:
            self._hear(split(content[_BEFORE_PROPERTIES:]).get("correlation_id", _NO_ID)[1:].decode())
        elif kind == constants.FRAME_METHOD:
            self._take_method(raw, content)

    def _take_method(self, raw: bytes, content: bytes) -> None:
        match int.from_bytes(content[:_METHOD_BYTES]):
            case commands.Basic.Deliver.index:
                pass
            case commands.Basic.Ack.index:
                self._confirm(*_TAG.unpack_from(content, _METHOD_BYTES))
            case _:
                self._take_answer(frame.unmarshal(raw)[2])

    def _take_answer(self, method: Any) -> None:
        if isinstance(method, _FATAL):
            self._fail(f"the broker said {dict(method)}")
        else:
            self._answers.put_nowait(method)

    def _confirm(self, tag: int, and_all_before: int) -> None:
        while and_all_before and self._unconfirmed and (first := next(iter(self._unconfirmed))) < tag:
            del self._unconfirmed[first]
        self._unconfirmed.pop(tag, None)
        if not self._unconfirmed:
            self._all_confirmed.set()

    def _fail(self, why: str) -> None:
        self._failed = self._failed or why
        self._answers.put_nowait(None)
        self._all_confirmed.set()

    async def _call(self, method: Any, channel: int = _CHANNEL) -> Any:
        self._send(method, channel)
        return await self._answer()

    def _send(self, method: Any, channel: int) -> None:
        self._transport.write(frame.marshal(method, channel))

    async def _answer(self) -> Any:
        async with asyncio.timeout(RPC_SECONDS):
            answer = await self._answers.get()
        self.check()
        return answer

    def check(self) -> None:
        """Raises: RefusedError: it is of no use any more."""
        if self._failed:
            raise RefusedError(self._failed)


@asynccontextmanager
async def plainly_connected(url: str) -> AsyncIterator[PlainConnection]:
    """Raises: RefusedError."""
    address = URL(url)
    loop = asyncio.get_running_loop()
    transport, connection = await loop.create_connection(
        PlainConnection, address.host or "", address.port or 0
    )
    try:
        await connection.open(address)
        yield connection
    finally:
        transport.close()


def written(message: Outgoing) -> bytes:
    """A message as it goes to the broker."""
    return publish_frames(message, _CHANNEL, _LARGEST_BODY)
