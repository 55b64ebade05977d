"""Publish: persistent, mandatory, confirmed; a flight of messages at a time."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Final

import aiormq
from aiormq import spec
from aiormq.channel import Channel

from worker.amqp.connection import translated
from worker.errors import WorkerError

CONFIRM_SECONDS: Final = 10.0
PERSISTENT: Final = 2


class Receipt(Enum):
    """What the broker said of a message."""

    CONFIRMED = "confirmed"
    RETURNED = "returned"
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

        Unknown: refused or not confirmed in time; it may have been published all the same.
        """
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
        return Receipt.CONFIRMED if isinstance(answer, spec.Basic.Ack) else Receipt.UNKNOWN
