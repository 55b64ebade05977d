"""Publish: persistent, mandatory, confirmed; a flight of messages at a time."""

import asyncio
from collections.abc import Iterable, Sequence
from contextlib import suppress
from time import monotonic
from typing import Final

import structlog
from aiormq.channel import Channel

from worker.amqp.connection import RPC_SECONDS, confirming_channel, translated
from worker.amqp.flight import Flight
from worker.amqp.outgoing import Outgoing, Receipt
from worker.errors import WorkerError
from worker.telemetry import LogEvent

_LOOK_SECONDS: Final = 0.1
_SECONDS_BETWEEN_WARNINGS: Final = 10.0
_SECONDS_BETWEEN_RENEWALS: Final = 10.0

log = structlog.get_logger()


class Publisher:
    """Publishes on one channel of its own."""

    def __init__(self, channel: Channel) -> None:
        self._channel = channel
        self._warned_at = -_SECONDS_BETWEEN_WARNINGS
        self._renewed_at = -_SECONDS_BETWEEN_RENEWALS

    @property
    def closed_because(self) -> str | None:
        """What was said when the channel was closed; nothing: it is open."""
        closing = self._channel.closing
        return str(closing.exception()) if closing.done() and not closing.cancelled() else None

    async def publish(self, messages: Sequence[Outgoing]) -> list[Receipt]:
        """Publish all at once and wait for the broker's word on each.

        While the broker blocks publishing (memory or disk alarm) it says nothing, and is waited for.
        """
        receipts = await self._fly(messages)
        if receipts and all(receipt is Receipt.REFUSED for receipt in receipts) and self._may_renew():
            # RabbitMQ 3.10.8 goes on refusing on a channel that met a quorum queue without a leader.
            await self._renew_channel()
            receipts = await self._fly(messages)
        return receipts

    async def _fly(self, messages: Sequence[Outgoing]) -> list[Receipt]:
        receipts = [Receipt.UNKNOWN] * len(messages)
        for positions in _flights(messages):
            if self._channel.is_closed:
                break
            flight = Flight(self._channel, [messages[position] for position in positions])
            said = await flight.fly(self._is_blocked)
            for position, receipt in zip(positions, said, strict=True):
                receipts[position] = receipt
            if Receipt.UNKNOWN in said:
                break
        return receipts

    async def _is_blocked(self) -> bool:
        try:
            async with asyncio.timeout(_LOOK_SECONDS):
                await self._channel.connection.ready()
        except TimeoutError:
            self._warn()
            return True
        return False

    def _warn(self) -> None:
        """Every look of a long alarm would be too often."""
        if monotonic() - self._warned_at >= _SECONDS_BETWEEN_WARNINGS:
            self._warned_at = monotonic()
            log.warning(LogEvent.BLOCKED, cure="look at the broker's memory and disk alarms")

    def _may_renew(self) -> bool:
        """A full queue refuses on every channel, and whoever else is bound hears each message twice."""
        return monotonic() - self._renewed_at >= _SECONDS_BETWEEN_RENEWALS

    async def _renew_channel(self) -> None:
        self._renewed_at = monotonic()
        with suppress(WorkerError), translated():
            async with asyncio.timeout(RPC_SECONDS):
                connection = self._channel.connection
                await self._channel.close()
                self._channel = await confirming_channel(connection)


def _flights(messages: Iterable[Outgoing]) -> list[list[int]]:
    """Positions, so that no two of one message id are in flight together: a return is matched by its id."""
    flights: list[list[int]] = []
    copies: dict[str | None, int] = {}
    for position, message in enumerate(messages):
        message_id = message.properties.message_id
        earlier = copies.get(message_id, 0)
        copies[message_id] = earlier + 1
        if earlier == len(flights):
            flights.append([])
        flights[earlier].append(position)
    return flights
