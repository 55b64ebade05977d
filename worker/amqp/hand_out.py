"""Who gets which deliveries: first ones in batches, redelivered ones alone."""

import asyncio
from collections import deque
from contextlib import suppress
from time import monotonic
from typing import Final

from worker.amqp.delivery import Delivery

# A batch costs as much as three messages, whatever is in it: beside another one it has to be worth that.
_WORTH_A_BATCH: Final = 20
# What is made of a body takes many times its bytes, and its time of the event loop.
_BATCH_BYTES: Final = 2 * 2**20
# One that waits for something else does not keep the others waiting.
PATIENCE_SECONDS: Final = 0.1


class HandOut:
    """Deliveries in the order in which they came.

    With no batch in progress, whatever waits is given out; beside one batch, 20 messages or more; beside two,
    a full batch; and after a short while without any of these, whatever waits. A redelivered message may be
    what ended the process before. It is given out when nothing else is in progress, and nothing else until it
    is finished: should it end the process again, no other was begun.
    """

    def __init__(self, batch_size: int) -> None:
        self._batch_size = batch_size
        # How many have to wait for a batch beside none, one, and more.
        self._least = (1, min(_WORTH_A_BATCH, batch_size), batch_size)
        self._waiting: deque[Delivery] = deque()
        self._batches_out = 0
        self._alone = False
        self._ended = False
        self._last_begun = 0.0
        self._changed = asyncio.Event()

    @property
    def is_idle(self) -> bool:
        """Nothing waits and nothing is given out."""
        return not self._waiting and not self._batches_out

    def put(self, delivery: Delivery) -> None:
        self._waiting.append(delivery)
        # Whoever waits is not woken for each one: the first one starts their patience.
        if len(self._waiting) == 1 or self._is_ready():
            self._changed.set()

    def put_first(self, delivery: Delivery) -> None:
        """Before all that waits."""
        self._waiting.appendleft(delivery)
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

    async def take(self) -> list[Delivery]:
        """The next batch; empty when all is given out and nothing more will come."""
        while not (batch := self._next()):
            if self._ended and not self._waiting:
                break
            await self._change()
        self._batches_out += bool(batch)
        self._last_begun = monotonic()
        return batch

    async def _change(self) -> None:
        """Until something happened, or what waits has waited long enough."""
        self._changed.clear()
        with suppress(TimeoutError):
            async with asyncio.timeout(PATIENCE_SECONDS if self._waiting else None):
                await self._changed.wait()

    def _next(self) -> list[Delivery]:
        if not self._is_ready():
            return []
        if self._waiting[0].redelivered:
            self._alone = True
            return [self._waiting.popleft()]
        batch = [self._waiting.popleft()]
        size = len(batch[0].body)
        while len(batch) < self._batch_size and self._waiting and not self._waiting[0].redelivered:
            size += len(self._waiting[0].body)
            if size > _BATCH_BYTES:
                break
            batch.append(self._waiting.popleft())
        return batch

    def _is_ready(self) -> bool:
        if self._alone or not self._waiting:
            return False
        if self._waiting[0].redelivered:
            return not self._batches_out
        is_worth_it = len(self._waiting) >= self._least[min(self._batches_out, 2)]
        return is_worth_it or monotonic() - self._last_begun > PATIENCE_SECONDS
