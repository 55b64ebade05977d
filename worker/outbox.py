"""Which events were published, kept until the next commit takes it along, or a second has passed."""

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Final

import structlog

from worker.amqp.outgoing import Receipt
from worker.checkout.command import Command
from worker.postgres.checkouts import Mark, Publication
from worker.postgres.stored_events import StoredEvents
from worker.telemetry import RETURNED, LogEvent

FLUSH_SECONDS: Final = 1.0

log = structlog.get_logger()


class Outbox:
    """A mark that is lost costs a republication of the same event, nothing worse."""

    def __init__(self, events: StoredEvents) -> None:
        self._events = events
        self._marks: list[Mark] = []

    def note(self, command: Command, receipt: Receipt) -> None:
        """An event was confirmed, returned because nobody is bound to its key, or refused by who is."""
        if receipt is Receipt.REFUSED:
            _tell_refusal(command)
            return
        if receipt is Receipt.RETURNED:
            RETURNED.inc()
        publication = Publication.RETURNED if receipt is Receipt.RETURNED else Publication.PUBLISHED
        self._marks.append(Mark(command.customer_id, command.message_id, publication))

    @contextmanager
    def taken(self) -> Iterator[Sequence[Mark]]:
        """All marks so far; they come back if the block raises."""
        marks, self._marks = self._marks, []
        try:
            yield marks
        except BaseException:
            self._marks = marks + self._marks
            raise

    async def flush(self) -> None:
        with self.taken() as marks:
            if marks:
                await self._events.mark(marks)

    async def run(self) -> None:
        while True:
            await asyncio.sleep(FLUSH_SECONDS)
            await self.flush()


def _tell_refusal(command: Command) -> None:
    log.warning(
        LogEvent.REFUSED,
        message_id=command.message_id,
        source=command.origin.source,
        because="a queue that is bound to its key refuses it, full most likely; the sweeper tries again",
    )
