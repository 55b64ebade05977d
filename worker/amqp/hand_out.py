"""Who gets which deliveries: first ones in batches, redelivered ones alone."""

import asyncio
from collections import deque
from typing import Final

from worker.amqp.delivery import Delivery

# A small batch costs nearly what a large one does: a third one beside two would only slow these down.
_SMALL_AT_ONCE: Final = 2


class HandOut:
    """Deliveries in the order in which they came.

    A batch that is not full is given out while less than two are. A redelivered one may be what ended the
    process before. It is given out when nothing else is, and nothing else until it is finished: should it end
    the process again, no other was begun.
    """

    def __init__(self) -> None:
        self._waiting: deque[Delivery] = deque()
        self._batches_out = 0
        self._alone = False
        self._ended = False
        self._changed = asyncio.Event()

    @property
    def is_idle(self) -> bool:
        """Nothing waits and nothing is given out."""
        return not self._waiting and not self._batches_out

    def put(self, delivery: Delivery) -> None:
        self._waiting.append(delivery)
        self._changed.set()

    def end(self) -> None:
        """Nothing more will come."""
        self._ended = True
        self._changed.set()

    def finished(self) -> None:
        """Nothing more is done for one of the batches."""
        self._batches_out -= 1
        self._alone = False
        self._changed.set()

    async def take(self, limit: int) -> list[Delivery]:
        """The next batch; empty when all is given out and nothing more will come."""
        while not (batch := self._next(limit)):
            if self._ended and not self._waiting:
                break
            self._changed.clear()
            await self._changed.wait()
        self._batches_out += bool(batch)
        return batch

    def _next(self, limit: int) -> list[Delivery]:
        if self._alone or not self._waiting:
            return []
        if not self._waiting[0].redelivered:
            return self._first_deliveries(limit)
        if self._batches_out:
            return []
        self._alone = True
        return [self._waiting.popleft()]

    def _first_deliveries(self, limit: int) -> list[Delivery]:
        batch: list[Delivery] = []
        if self._batches_out >= _SMALL_AT_ONCE and len(self._waiting) < limit:
            return batch
        while self._waiting and not self._waiting[0].redelivered and len(batch) < limit:
            batch.append(self._waiting.popleft())
        return batch
