"""A flight: messages that are published at once, and the broker's word on each.

aiormq 7.2 makes a task, a lock, a deadline and some futures for each message that it publishes: a sixth of
what a checkout costs. Here a flight does with one future; the books that the channel keeps on confirmations
are written as its own `basic_publish` writes them.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from typing import Final, cast

from aiormq.abc import ChannelFrame
from aiormq.channel import Channel
from aiormq.exceptions import PublishError

from worker.amqp.connection import translated
from worker.amqp.outgoing import Outgoing, Receipt
from worker.amqp.publish_frames import publish_frames
from worker.errors import WorkerError
from worker.telemetry import LogEvent, log_bug

LOOK_SECONDS: Final = 1.0
# An alarm that is over before it is looked for must not be taken for silence: there are many looks.
SILENT_LOOKS: Final = 10
_WRITE_BYTES: Final = 256 * 1024


class Flight:
    """Messages, each with a message id of its own, on a channel in confirm mode."""

    def __init__(self, channel: Channel, messages: Sequence[Outgoing]) -> None:
        self._channel = channel
        self._messages = messages
        self._receipts = [Receipt.UNKNOWN] * len(messages)
        self._in_the_air = len(messages)
        # The channel ends it when it is closed.
        self._over = channel.create_future()

    async def fly(self, is_blocked: Callable[[], Awaitable[bool]]) -> list[Receipt]:
        """Publish, and wait as long as the broker says something or has said that it will not."""
        writing = asyncio.create_task(self._write())
        silent = 0
        try:
            while silent < SILENT_LOOKS:
                left = self._in_the_air
                await asyncio.wait([self._over], timeout=LOOK_SECONDS)
                if self._over.done():
                    break
                silent = silent + 1 if self._in_the_air == left and not await is_blocked() else 0
        finally:
            writing.cancel()
            self._over.cancel()
        return list(self._receipts)

    def land(self, position: int, receipt: Receipt) -> None:
        """The broker's word on a message; its second word on one that it returned means nothing."""
        if self._receipts[position] is not Receipt.UNKNOWN:
            return
        self._receipts[position] = receipt
        self._in_the_air -= 1
        if not self._in_the_air and not self._over.done():
            self._over.set_result(None)

    def has_landed(self, position: int) -> bool:
        return self._receipts[position] is not Receipt.UNKNOWN

    async def _write(self) -> None:
        """What cannot be written any more is never heard of, and so stays unknown."""
        start = 0
        with suppress(WorkerError), translated():
            while start < len(self._messages):
                async with self._channel.lock:
                    start = await self._write_from(start)

    async def _write_from(self, start: int) -> int:
        """Write some messages and tell where the next ones begin; the caller holds the channel's lock."""
        end, written, size = start, dict[int, bytes](), 0
        while end < len(self._messages) and size < _WRITE_BYTES:
            if frames := self._frames(end):
                written[end] = frames
                size += len(frames)
            end += 1
        seats = [self._seat(position) for position in written]
        try:
            payload = b"".join(written.values())
            await self._channel.write_queue.put(ChannelFrame(payload=payload, should_close=False))
        except BaseException:
            # The broker was sent none of these, and counts on from the one before.
            for seat in seats:
                self._channel.confirmations.pop(seat.tag, None)
                seat.leave()
            self._channel.delivery_tag -= len(seats)
            raise
        return end

    def _frames(self, position: int) -> bytes | None:
        """A message that cannot be written is a bug: it is told, and must not harm the others."""
        message = self._messages[position]
        try:
            return publish_frames(message, self._channel.number, self._channel.max_content_size)
        except Exception as error:  # noqa: BLE001 - see above
            log_bug(LogEvent.FAILED, error, message_id=message.properties.message_id)
            self.land(position, Receipt.REFUSED)
            return None

    def _seat(self, position: int) -> "_Seat":
        """The broker counts what it is sent; it confirms by that number and returns by the message's id."""
        channel = self._channel
        channel.delivery_tag += 1
        seat = _Seat(self, position, channel.delivery_tag)
        channel.confirmations[seat.tag] = cast("asyncio.Future[None]", seat)
        channel.message_id_delivery_tag[self._message_id(position)] = seat.tag
        return seat

    def forget(self, position: int, tag: int) -> None:
        """Expect no return any more. A later flight may have a message of the same id."""
        tags, message_id = self._channel.message_id_delivery_tag, self._message_id(position)
        if tags.get(message_id) == tag:
            del tags[message_id]

    def _message_id(self, position: int) -> str:
        return self._messages[position].properties.message_id or ""


class _Seat:
    """A message's place in a flight. For aiormq it is a future, which gets a result or an error."""

    __slots__ = ("_flight", "_position", "tag")

    def __init__(self, flight: Flight, position: int, tag: int) -> None:
        self._flight = flight
        self._position = position
        self.tag = tag

    def done(self) -> bool:
        return self._flight.has_landed(self._position)

    def cancelled(self) -> bool:
        return False

    def set_result(self, _: object) -> None:
        self._land(Receipt.CONFIRMED)

    def set_exception(self, error: Exception) -> None:
        self._land(Receipt.RETURNED if isinstance(error, PublishError) else Receipt.REFUSED)

    def leave(self) -> None:
        self._flight.forget(self._position, self.tag)

    def _land(self, receipt: Receipt) -> None:
        self.leave()
        self._flight.land(self._position, receipt)
