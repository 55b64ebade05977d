"""A flight: messages that are published at once, and the broker's word on each.

aiormq 7.2 makes a task, a lock, a deadline and some futures for each message that it publishes: a sixth of
what a checkout costs. Here a flight does with one future; the books that the channel keeps on confirmations
are written as its own `basic_publish` writes them.
"""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Sequence
from contextlib import suppress
from typing import Final, cast

from aiormq.abc import ChannelFrame
from aiormq.channel import Channel
from aiormq.exceptions import PublishError

from worker.amqp.connection import translated
from worker.amqp.outgoing import Outgoing, Receipt
from worker.amqp.publish_frames import publish_frames
from worker.errors import WorkerError

CONFIRM_SECONDS: Final = 10.0
# Many messages a write, but no second copy of all bodies of a flight.
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
        """Publish, and wait as long as the broker says something or has said that it will not.

        Raises:
            ValueError, TypeError: a message cannot be written.
        """
        writing = asyncio.create_task(self._write())
        try:
            while not self._over.done():
                left = self._in_the_air
                heard = await _first_of(self._over, writing)
                if writing in heard:
                    writing.result()
                elif not heard and self._in_the_air == left and not await is_blocked():
                    break
        finally:
            writing.cancel()
            self._over.cancel()
        return list(self._receipts)

    def land(self, position: int, receipt: Receipt) -> None:
        """The broker's word on a message; its second word on one that it returned means nothing."""
        if self._receipts[position] is not Receipt.UNKNOWN:
            return
        self._receipts[position] = receipt
        self._channel.message_id_delivery_tag.pop(_id_of(self._messages[position]), None)
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
        end, frames, size = start, [], 0
        while end < len(self._messages) and size < _WRITE_BYTES:
            frames.append(
                publish_frames(self._messages[end], self._channel.number, self._channel.max_content_size)
            )
            size += len(frames[-1])
            end += 1
        first_tag = self._channel.delivery_tag + 1
        self._expect(start, end)
        try:
            await self._channel.write_queue.put(ChannelFrame(payload=b"".join(frames), should_close=False))
        except BaseException:
            self._expect_no_more(first_tag, start, end)
            raise
        return end

    def _expect(self, start: int, end: int) -> None:
        """The broker counts what it is sent; it confirms by that number and returns by the message's id."""
        channel = self._channel
        for position in range(start, end):
            channel.delivery_tag += 1
            channel.confirmations[channel.delivery_tag] = cast("asyncio.Future[None]", _Seat(self, position))
            channel.message_id_delivery_tag[_id_of(self._messages[position])] = channel.delivery_tag

    def _expect_no_more(self, first_tag: int, start: int, end: int) -> None:
        """The broker was sent none of these."""
        for position, tag in enumerate(range(first_tag, first_tag + end - start), start):
            self._channel.confirmations.pop(tag, None)
            self._channel.message_id_delivery_tag.pop(_id_of(self._messages[position]), None)
        self._channel.delivery_tag = first_tag - 1


class _Seat:
    """A message's place in a flight. For aiormq it is a future, which gets a result or an error."""

    __slots__ = ("_flight", "_position")

    def __init__(self, flight: Flight, position: int) -> None:
        self._flight = flight
        self._position = position

    def done(self) -> bool:
        return self._flight.has_landed(self._position)

    def cancelled(self) -> bool:
        return False

    def set_result(self, _: object) -> None:
        self._flight.land(self._position, Receipt.CONFIRMED)

    def set_exception(self, error: Exception) -> None:
        returned = isinstance(error, PublishError)
        self._flight.land(self._position, Receipt.RETURNED if returned else Receipt.REFUSED)


async def _first_of(*waits: asyncio.Future[None]) -> Collection[asyncio.Future[None]]:
    pending = [each for each in waits if not each.done()]
    heard, _ = await asyncio.wait(pending, timeout=CONFIRM_SECONDS, return_when=asyncio.FIRST_COMPLETED)
    return heard


def _id_of(message: Outgoing) -> str:
    return message.properties.message_id or ""
