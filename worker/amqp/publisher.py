"""Publish: persistent, mandatory, confirmed; a flight of messages at a time."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from enum import Enum
from typing import Final

import aiormq
import structlog
from aiormq import spec
from aiormq.channel import Channel

from worker.amqp.connection import RPC_SECONDS, confirming_channel, translated
from worker.errors import WorkerError
from worker.telemetry import LogEvent

CONFIRM_SECONDS: Final = 10.0
PERSISTENT: Final = 2
_LOOK_SECONDS: Final = 0.1

log = structlog.get_logger()


class Receipt(Enum):
    """What the broker said of a message. Unknown: nothing, so it may have been published all the same."""

    CONFIRMED = "confirmed"
    RETURNED = "returned"
    REFUSED = "refused"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A message to publish. Its message id is in flight at most once per channel."""

    exchange: str
    routing_key: str
    body: bytes
    properties: spec.Basic.Properties


class Publisher:
    """Publishes on one channel of its own."""

    def __init__(self, channel: Channel) -> None:
        self._channel = channel

    async def publish(self, messages: Sequence[Outgoing]) -> list[Receipt]:
        """Publish all at once and wait for the broker's word on each.

        While the broker blocks publishing (memory or disk alarm) it says nothing, and is waited for.
        """
        receipts = await self._fly(messages)
        if receipts and all(receipt is Receipt.REFUSED for receipt in receipts):
            # RabbitMQ 3.10.8 goes on refusing on a channel that met a quorum queue without a leader.
            await self._renew_channel()
            receipts = await self._fly(messages)
        return receipts

    async def _fly(self, messages: Sequence[Outgoing]) -> list[Receipt]:
        receipts = [Receipt.UNKNOWN] * len(messages)

        async def in_turn(positions: Sequence[int]) -> None:
            for position in positions:
                receipts[position] = await self._publish(messages[position])

        # aiormq matches a returned message by its id: two of one id must not be in flight together.
        by_id: dict[str | None, list[int]] = {}
        for position, message in enumerate(messages):
            by_id.setdefault(message.properties.message_id, []).append(position)
        await self._landed({asyncio.create_task(in_turn(each)) for each in by_id.values()})
        return receipts

    async def _landed(self, flight: set[asyncio.Task[None]]) -> None:
        """Wait for the flight, as long as the broker says something or has said that it will not."""
        try:
            while flight:
                landed, flight = await asyncio.wait(flight, timeout=CONFIRM_SECONDS)
                if flight and not landed and not await self._is_blocked():
                    return
        finally:
            for late in flight:
                late.cancel()

    async def _is_blocked(self) -> bool:
        try:
            async with asyncio.timeout(_LOOK_SECONDS):
                await self._channel.connection.ready()
        except TimeoutError:
            log.warning(LogEvent.BLOCKED, cure="look at the broker's memory and disk alarms")
            return True
        return False

    async def _renew_channel(self) -> None:
        with suppress(WorkerError), translated():
            async with asyncio.timeout(RPC_SECONDS):
                connection = self._channel.connection
                await self._channel.close()
                self._channel = await confirming_channel(connection)

    async def _publish(self, message: Outgoing) -> Receipt:
        try:
            with translated():
                return await self._confirmation(message)
        except WorkerError:
            return Receipt.UNKNOWN

    async def _confirmation(self, message: Outgoing) -> Receipt:
        try:
            answer = await self._channel.basic_publish(
                message.body,
                exchange=message.exchange,
                routing_key=message.routing_key,
                properties=message.properties,
                mandatory=True,
                wait=False,
            )
        except aiormq.exceptions.PublishError:
            return Receipt.RETURNED
        except aiormq.exceptions.DeliveryError:
            return Receipt.REFUSED
        return Receipt.CONFIRMED if isinstance(answer, spec.Basic.Ack) else Receipt.UNKNOWN
