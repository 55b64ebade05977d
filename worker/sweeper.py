"""The sweeper: publishes events that were committed but not marked as published for a while."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from typing import Final

import structlog

from worker.amqp.encode import encode
from worker.amqp.outgoing import Receipt
from worker.amqp.publisher import Publisher
from worker.errors import PublishNotConfirmed
from worker.postgres.stored_events import StoredEvents
from worker.telemetry import EVENTS_REFUSED, RETURNED, SWEPT, LogEvent

_EVENTS_AT_A_TIME: Final = 200
# An event may have megabytes, and is held several times over until it is confirmed.
_OCTETS_AT_A_TIME: Final = 8 * 1024 * 1024
_SWEEPS_PER_AGE: Final = 6
_FINAL: Final = frozenset({Receipt.CONFIRMED, Receipt.RETURNED})

log = structlog.get_logger()


class Sweeper:
    """Publishes on a channel of its own. Sweepers of several workers pass by each other's rows."""

    def __init__(self, events: StoredEvents, publisher: Publisher, after: timedelta) -> None:
        self._events = events
        self._publisher = publisher
        self._after = after

    async def run(self) -> None:
        while True:
            while await self.sweep():
                pass
            await asyncio.sleep(self._after.total_seconds() / _SWEEPS_PER_AGE)

    async def sweep(self) -> int:
        """Publish and mark what is overdue, up to a limit; how many there were, 0: nothing is overdue.

        Raises:
            PublishNotConfirmed: the broker said nothing of some; the channel may be gone.
        """
        async with self._events.overdue(self._after, _EVENTS_AT_A_TIME, _OCTETS_AT_A_TIME) as overdue:
            receipts = await self._publisher.publish([encode(each.event) for each in overdue.events])
            pairs = list(zip(overdue.events, receipts, strict=True))
            settled = [
                each.mark(returned=receipt is Receipt.RETURNED)
                for each, receipt in pairs
                if receipt in _FINAL
            ]
            await overdue.mark(settled)
            await overdue.put_off(
                (each, receipt is Receipt.REFUSED) for each, receipt in pairs if receipt not in _FINAL
            )
        if pairs:
            _tell(receipts, settled=len(settled))
        if Receipt.UNKNOWN in receipts:
            raise PublishNotConfirmed("The broker said nothing of some swept events")
        return len(pairs)


def _tell(receipts: Sequence[Receipt], *, settled: int) -> None:
    refused, put_off = receipts.count(Receipt.REFUSED), len(receipts) - settled
    SWEPT.inc(settled)
    RETURNED.inc(receipts.count(Receipt.RETURNED))
    EVENTS_REFUSED.inc(refused)
    log.warning(LogEvent.SWEPT, published=settled, put_off=put_off, refused=refused)
