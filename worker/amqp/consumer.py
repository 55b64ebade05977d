"""Receive: what the broker delivers, handed out in batches."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import partial

from aiormq.abc import DeliveredMessage
from aiormq.channel import Channel

from worker.amqp.connection import RPC_SECONDS, translated
from worker.amqp.delivery import Delivery
from worker.errors import BrokerUnavailable


class Consumer:
    """Consumes queues on one channel. The callback only puts deliveries aside: others own the work."""

    def __init__(self, channel: Channel, queues: Sequence[str]) -> None:
        self._channel = channel
        self._queues = queues
        self._tags: list[str] = []
        self._waiting: asyncio.Queue[Delivery | None] = asyncio.Queue()
        self._cancelled = asyncio.get_running_loop().create_future()

    async def start(self, prefetch: int) -> None:
        """Begin to consume. Raises: BrokerUnavailable, TopologyFault."""
        with translated():
            self._channel.on_consumer_cancel_callbacks.add(self._on_cancelled)
            await self._channel.basic_qos(prefetch_count=prefetch, timeout=RPC_SECONDS)
            for queue in self._queues:
                on_message = partial(self._on_message, queue)
                answer = await self._channel.basic_consume(queue, on_message, timeout=RPC_SECONDS)
                self._tags.append(answer.consumer_tag or "")

    async def take(self, limit: int) -> list[Delivery]:
        """Whatever is waiting, up to the limit; waits for the first. Empty: the consumer was stopped."""
        first = await self._waiting.get()
        batch = [first] if first else []
        while batch and len(batch) < limit and not self._waiting.empty():
            if (delivery := self._waiting.get_nowait()) is None:
                self._waiting.put_nowait(None)
                break
            batch.append(delivery)
        if not batch:
            # The mark of the end stays for whoever else takes.
            self._waiting.put_nowait(None)
        return batch

    async def ack(self, deliveries: list[Delivery]) -> None:
        """Acknowledge. An acknowledgement that does not arrive is a redelivery, nothing worse."""
        with translated():
            for delivery in deliveries:
                await self._channel.basic_ack(delivery.tag, wait=False)

    async def stop(self) -> None:
        """Take no more in; what waits is still handed out, then `take` gives nothing."""
        try:
            with translated():
                for tag in self._tags:
                    await self._channel.basic_cancel(tag, timeout=RPC_SECONDS)
        finally:
            self._waiting.put_nowait(None)

    async def lost(self) -> None:
        """Wait until the channel is closed or the broker cancels the consumer. Raises: BrokerUnavailable."""
        await asyncio.wait(
            [asyncio.ensure_future(self._channel.closing), self._cancelled],
            return_when=asyncio.FIRST_COMPLETED,
        )
        raise BrokerUnavailable(
            "The broker cancelled a consumer: its queue was deleted, or has no leader"
            if self._cancelled.done()
            else "The channel of the consumer was closed"
        )

    async def _on_message(self, queue: str, message: DeliveredMessage) -> None:
        self._waiting.put_nowait(
            Delivery(
                body=message.body,
                properties=message.header.properties,
                exchange=message.exchange or "",
                routing_key=message.routing_key or "",
                queue=queue,
                tag=message.delivery_tag or 0,
                redelivered=bool(message.redelivered),
                received=datetime.now(UTC),
            )
        )

    def _on_cancelled(self, _: object) -> None:
        if not self._cancelled.done():
            self._cancelled.set_result(None)
