"""Receive: what the broker delivers, handed out in batches."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from time import monotonic
from typing import Final

from aiormq.abc import DeliveredMessage
from aiormq.channel import Channel

from worker.amqp.connection import RPC_SECONDS, translated
from worker.amqp.delivery import Delivery
from worker.amqp.hand_out import HandOut
from worker.amqp.unsettled import Unsettled
from worker.errors import BrokerUnavailable

_CAREFUL_PREFETCH: Final = 1
CHECK_SECONDS: Final = 10.0
_SILENCE_SECONDS: Final = 30.0


class Consumer:
    """Consumes queues on one channel. The callback only puts deliveries aside: others own the work.

    Each queue is consumed one delivery at a time until a message comes that was never delivered before. The
    redelivered ones ahead of it may include what ended the process, and each end counts as a delivery of all
    that was held.
    """

    def __init__(self, channel: Channel, queues: Sequence[str], *, prefetch: int, batch_size: int) -> None:
        self._channel = channel
        self._prefetch = dict.fromkeys(queues, _CAREFUL_PREFETCH)
        self._full_prefetch = prefetch
        self._tags: dict[str, str] = {}
        self._hand_out = HandOut(batch_size)
        self._unsettled = Unsettled()
        self._acknowledging = asyncio.Lock()
        self._to_widen: asyncio.Queue[str] = asyncio.Queue()
        self._cancelled = asyncio.get_running_loop().create_future()
        # The prefetch that was set last is that of the next consumer: setting and consuming go together.
        self._changing = asyncio.Lock()
        self._last_delivery = monotonic()
        self._unserved: set[str] = set()
        self._aside = dict.fromkeys(queues, 0)
        self._stopped = False

    async def start(self) -> None:
        """Begin to consume, or begin again after a pause. Raises: BrokerUnavailable, TopologyFault."""
        self._channel.on_consumer_cancel_callbacks.add(self._on_cancelled)
        async with self._changing:
            for queue in () if self._stopped else self._prefetch:
                self._tags[queue] = await self._consume(queue)
        self._last_delivery = monotonic()

    async def pause(self) -> None:
        """Take no more in. What was delivered stays here, unsettled."""
        async with self._changing:
            while self._tags:
                await self._cancel(self._tags.popitem()[1])

    async def stop(self) -> None:
        """Take no more in; what waits is still handed out, then `take` gives nothing."""
        self._stopped = True
        try:
            await self.pause()
        finally:
            self._hand_out.end()

    async def take(self) -> list[Delivery]:
        """What is waiting, up to a batch; waits for the first. Empty: the consumer was stopped.

        A redelivered message is handed out alone, and nothing beside it until it is finished.
        """
        return await self._hand_out.take()

    def put_aside(self, delivery: Delivery) -> None:
        """It stays here for a while, unsettled: others are wanted meanwhile."""
        self._aside[delivery.queue] += 1
        self._widen_soon(delivery.queue)

    def hand_out_again(self, delivery: Delivery) -> None:
        """What was put aside, before all that waits: it ended no process, and need not be alone any more."""
        self._aside[delivery.queue] -= 1
        self._hand_out.put_first(replace(delivery, redelivered=False))

    @property
    def has_room(self) -> bool:
        """Whether to begin anew: the broker then hands over the whole prefetch, whatever is held here."""
        return len(self._unsettled) - sum(self._aside.values()) < 2 * self._full_prefetch

    def finished(self) -> None:
        """Nothing more is done for a batch that was taken."""
        self._hand_out.finished()

    async def ack(self, deliveries: list[Delivery]) -> None:
        """Acknowledge. An acknowledgement that does not arrive is a redelivery, nothing worse."""
        # What is told first may cover what was settled before it, and the broker closes the channel over a
        # tag that it hears of twice.
        async with self._acknowledging:
            up_to, single = self._unsettled.settle(delivery.tag for delivery in deliveries)
            with translated():
                if up_to:
                    await self._channel.basic_ack(up_to, multiple=True, wait=False)
                for tag in single:
                    await self._channel.basic_ack(tag, wait=False)

    async def widen(self) -> None:
        """Consume with the full prefetch each queue whose head was never delivered before."""
        while True:
            queue = await self._to_widen.get()
            async with self._changing:
                self._prefetch[queue] = self._full_prefetch
                if careful := self._tags.pop(queue, None):
                    self._tags[queue] = await self._consume(queue)
                    await self._cancel(careful)

    async def watch(self) -> None:
        """Look, again and again, whether the broker still counts us among the consumers and serves us.

        Raises:
            BrokerUnavailable: it does not; TopologyFault: a queue is gone.
        """
        while True:
            await asyncio.sleep(CHECK_SECONDS)
            for queue in tuple(self._tags):
                await self._look_at(queue)

    async def lost(self) -> None:
        """Wait until the channel is closed or the broker cancels a consumer. Raises: BrokerUnavailable."""
        closing = asyncio.ensure_future(self._channel.closing)
        await asyncio.wait([closing, self._cancelled], return_when=asyncio.FIRST_COMPLETED)
        if self._cancelled.done():
            raise BrokerUnavailable(
                "The broker cancelled a consumer: its queue was deleted, or has no leader"
            )
        reason = None if closing.cancelled() else closing.exception()
        raise BrokerUnavailable(f"The channel of the consumer was closed: {reason or 'no reason was given'}")

    async def _look_at(self, queue: str) -> None:
        with translated():
            found = await self._channel.queue_declare(queue=queue, passive=True, timeout=RPC_SECONDS)
        if queue not in self._tags:
            return
        if not found.consumer_count:
            raise BrokerUnavailable(f"The broker knows no consumer of {queue}")
        silent = monotonic() - self._last_delivery > _SILENCE_SECONDS
        may_take = self._hand_out.is_idle and self._aside[queue] < self._prefetch[queue]
        if not (found.message_count and silent and may_take):
            self._unserved.discard(queue)
        elif queue in self._unserved:
            raise BrokerUnavailable(f"{queue} has messages, and none is delivered")
        else:
            # After a long silence the first ones may be on their way: the next look will tell.
            self._unserved.add(queue)

    async def _consume(self, queue: str) -> str:
        with translated():
            await self._channel.basic_qos(prefetch_count=self._prefetch[queue], timeout=RPC_SECONDS)
            on_message = partial(self._on_message, queue)
            answer = await self._channel.basic_consume(queue, on_message, timeout=RPC_SECONDS)
            return answer.consumer_tag or ""

    async def _cancel(self, tag: str) -> None:
        with translated():
            await self._channel.basic_cancel(tag, timeout=RPC_SECONDS)

    async def _on_message(self, queue: str, message: DeliveredMessage) -> None:
        self._last_delivery = monotonic()
        if not message.redelivered:
            self._widen_soon(queue)
        tag = message.delivery_tag or 0
        self._unsettled.add(tag)
        self._hand_out.put(
            Delivery(
                body=message.body,
                properties=message.header.properties,
                exchange=message.exchange or "",
                routing_key=message.routing_key or "",
                queue=queue,
                tag=tag,
                redelivered=bool(message.redelivered),
                received=datetime.now(UTC),
            )
        )

    def _widen_soon(self, queue: str) -> None:
        if self._prefetch[queue] < self._full_prefetch:
            self._to_widen.put_nowait(queue)

    def _on_cancelled(self, _: object) -> None:
        if not self._cancelled.done():
            self._cancelled.set_result(None)
