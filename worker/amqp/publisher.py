"""Publish: persistent, mandatory, confirmed; a flight of messages at a time."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from enum import Enum
from typing import Final

import aiormq
from aiormq import spec
from aiormq.channel import Channel

from worker.amqp.connection import RPC_SECONDS, confirming_channel, translated
from worker.errors import WorkerError

CONFIRM_SECONDS: Final = 10.0
PERSISTENT: Final = 2


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
        """Publish all at once and wait for the broker's word on each."""
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
        await asyncio.gather(*map(in_turn, by_id.values()))
        return receipts

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
                timeout=CONFIRM_SECONDS,
                wait=False,
            )
        except aiormq.exceptions.PublishError:
            return Receipt.RETURNED
        except aiormq.exceptions.DeliveryError:
            return Receipt.REFUSED
        return Receipt.CONFIRMED if isinstance(answer, spec.Basic.Ack) else Receipt.UNKNOWN
