"""Hears the results of a bench on a durable queue, so that a confirmed result is a stored one."""

import asyncio
from time import perf_counter
from typing import Final

from aiormq.channel import Channel

from contracts.wire import RESULTS_EXCHANGE
from tests.bench.plain_connection import PlainConnection
from worker.amqp.connection import RPC_SECONDS

QUEUE: Final = "bench.results"
SILENCE_SECONDS: Final = 30.0
_LOOK_SECONDS: Final = 0.02


class SilenceError(RuntimeError):
    """Results stopped coming before all were there."""


class Subscriber:
    """Counts results, and keeps when the first one of each message came."""

    def __init__(self, connection: PlainConnection) -> None:
        self._connection = connection
        self.first: dict[str, float] = {}
        self.count = 0

    async def open(self, channel: Channel) -> None:
        await channel.queue_declare(
            QUEUE, durable=True, arguments={"x-queue-type": "quorum"}, timeout=RPC_SECONDS
        )
        await channel.queue_bind(QUEUE, RESULTS_EXCHANGE, "#", timeout=RPC_SECONDS)
        await self._connection.consume(QUEUE, self._hear)

    def forget(self) -> None:
        self.first, self.count = {}, 0

    async def messages(self, number: int) -> None:
        """Wait until so many messages have a result. Raises: SilenceError, RefusedError."""
        heard, since = len(self.first), perf_counter()
        while len(self.first) < number:
            self._connection.check()
            await asyncio.sleep(_LOOK_SECONDS)
            if len(self.first) > heard:
                heard, since = len(self.first), perf_counter()
            elif perf_counter() - since > SILENCE_SECONDS:
                raise SilenceError(f"{heard} of {number} results came, then none for {SILENCE_SECONDS:.0f} s")

    def _hear(self, message_id: str) -> None:
        self.count += 1
        self.first.setdefault(message_id, perf_counter())
