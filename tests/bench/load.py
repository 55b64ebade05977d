"""What the bench publishes, and how."""

import asyncio
import random
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate
from time import perf_counter
from typing import Final

from contracts.wire import CHECKOUT_QUEUE
from tests.bench.plain_connection import PlainConnection, written
from tests.bench.subscriber import Subscriber
from worker.amqp.connection import RPC_SECONDS
from worker.amqp.outgoing import Outgoing
from worker.demo.stage import Stage

_FLIGHT: Final = 500
_SHORTEST_SLEEP_SECONDS: Final = 0.001


@dataclass(frozen=True, slots=True)
class Load:
    stage: Stage
    connection: PlainConnection
    subscriber: Subscriber

    async def backlog(self, messages: Sequence[Outgoing]) -> None:
        """Raises: RefusedError."""
        for start in range(0, len(messages), _FLIGHT):
            self.connection.publish(list(map(written, messages[start : start + _FLIGHT])))
            await self.connection.confirmed()

    async def clear(self) -> None:
        await self.stage.channel.queue_purge(CHECKOUT_QUEUE, timeout=RPC_SECONDS)
        self.subscriber.forget()

    async def at_rate(self, messages: Sequence[Outgoing], per_second: float) -> list[float]:
        """Publish at random moments, whether or not results come; when each was due.

        A message counts from when it was due, so that a bench that falls behind does not hide it.

        Raises: RefusedError.
        """
        chance, ready = random.Random(7), list(map(written, messages))
        started = perf_counter()
        due = list(accumulate((chance.expovariate(per_second) for _ in messages), initial=started))[1:]
        sent = 0
        while sent < len(ready):
            last = bisect_right(due, perf_counter(), lo=sent)
            if last > sent:
                self.connection.publish(ready[sent:last])
                sent = last
            wait = due[sent] - perf_counter() if sent < len(ready) else 0
            await asyncio.sleep(max(wait, _SHORTEST_SLEEP_SECONDS))
        await self.connection.confirmed()
        return due
