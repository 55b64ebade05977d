"""What the bench publishes, and how."""

import asyncio
import random
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate
from time import perf_counter
from typing import Final

from contracts.wire import CHECKOUT_QUEUE
from tests.bench.subscriber import Subscriber
from worker.amqp.connection import RPC_SECONDS
from worker.amqp.outgoing import Outgoing, Receipt
from worker.amqp.publisher import Publisher
from worker.demo.stage import Stage

_FLIGHT: Final = 500
_SHORTEST_SLEEP_SECONDS: Final = 0.001


class LoadError(RuntimeError):
    """The broker did not take a command."""


@dataclass(frozen=True, slots=True)
class Load:
    stage: Stage
    publisher: Publisher
    subscriber: Subscriber

    async def backlog(self, messages: Sequence[Outgoing]) -> None:
        for start in range(0, len(messages), _FLIGHT):
            await self._flight(messages[start : start + _FLIGHT])

    async def clear(self) -> None:
        await self.stage.channel.queue_purge(CHECKOUT_QUEUE, timeout=RPC_SECONDS)
        self.subscriber.forget()

    async def at_rate(self, messages: Sequence[Outgoing], per_second: float) -> list[float]:
        """Publish at random moments, whether or not results come; when each was due.

        A message counts from when it was due, so that a bench that falls behind does not hide it.
        """
        chance = random.Random(7)
        started = perf_counter()
        due = list(accumulate((chance.expovariate(per_second) for _ in messages), initial=started))[1:]
        sent = 0
        async with asyncio.TaskGroup() as flights:
            while sent < len(messages):
                now = perf_counter()
                last = sent
                while last < len(messages) and due[last] <= now:
                    last += 1
                if last > sent:
                    flights.create_task(self._flight(messages[sent:last]))
                    sent = last
                wait = due[sent] - perf_counter() if sent < len(messages) else 0
                await asyncio.sleep(max(wait, _SHORTEST_SLEEP_SECONDS))
        return due

    async def _flight(self, messages: Sequence[Outgoing]) -> None:
        receipts = await self.publisher.publish(messages)
        if any(receipt is not Receipt.CONFIRMED for receipt in receipts):
            raise LoadError("the broker did not confirm a command of the bench")
