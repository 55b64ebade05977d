"""The archive: takes dead letters, commits them, announces those of the broker, acknowledges."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Final

import structlog

from worker.amqp.consumer import Consumer
from worker.amqp.decode import Limits
from worker.amqp.delivery import Delivery
from worker.amqp.encode import encode
from worker.amqp.malformed import Malformed
from worker.amqp.outgoing import Receipt
from worker.amqp.publisher import Publisher
from worker.amqp.rejection import rejected_event
from worker.breaker import Breaker
from worker.checkout.event import Event
from worker.deadletters.cause import BROKER, cause_of
from worker.deadletters.entry import as_set_aside, bare_entry_of, entry_of
from worker.errors import DataRejected, PublishNotConfirmed, TransactionConflict
from worker.postgres.dead_letters import Archived, DeadLetter, DeadLetters
from worker.telemetry import ARCHIVED, EVENTS_REFUSED, LogEvent, log_bug

# A dead letter may be as large as the broker lets messages be.
PREFETCH: Final = 50
_CONFLICT_SECONDS: Final = 0.05

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Parts:
    """What the archive is made of."""

    consumer: Consumer
    publisher: Publisher
    letters: DeadLetters
    breaker: Breaker
    limits: Limits
    actor: str
    """Who is said to have archived."""


@dataclass(frozen=True, slots=True)
class Kept:
    """A delivery and the entry that it is now."""

    delivery: Delivery
    letter: DeadLetter
    archived: Archived


class Archive:
    """Runs beside the pipelines of a session, with a consumer of its own."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    async def run(self) -> None:
        """Archive until the consumer is stopped and drained.

        Raises:
            BrokerUnavailable, PublishNotConfirmed: what is not acknowledged will be delivered again, and is
                known then.
        """
        while deliveries := await self._parts.consumer.take():
            kept = await self._keep([(each, await self._entry(each)) for each in deliveries])
            await self._announce(kept)
            await self._parts.consumer.ack([each.delivery for each in kept])
            self._parts.consumer.finished()
            for each in kept:
                _note(each)

    async def _entry(self, delivery: Delivery) -> DeadLetter:
        # Large ones would keep heartbeats and health waiting, and there may be many.
        await asyncio.sleep(0)
        try:
            return entry_of(delivery, self._parts.limits)
        except Exception as error:  # noqa: BLE001 - what cannot be understood is kept all the same
            log_bug(LogEvent.UNREADABLE, error)
            return bare_entry_of(delivery, error)

    async def _keep(self, letters: Sequence[tuple[Delivery, DeadLetter]]) -> list[Kept]:
        """Commit a batch; one that PostgreSQL refuses is halved down to the letter at fault."""
        try:
            archived = await self._committed([letter for _, letter in letters])
        except DataRejected as refused:
            if len(letters) == 1:
                return await self._keep_bare(*letters[0], refused)
            middle = len(letters) // 2
            return await self._keep(letters[:middle]) + await self._keep(letters[middle:])
        return [Kept(*pair, entry) for pair, entry in zip(letters, archived, strict=True)]

    async def _keep_bare(self, delivery: Delivery, letter: DeadLetter, refused: DataRejected) -> list[Kept]:
        """Bytes can always be stored; were they refused, the letter would stay with the broker."""
        _log_refused(letter, refused)
        bare = bare_entry_of(delivery, refused)
        try:
            (archived,) = await self._committed([bare])
        except DataRejected as again:
            _log_refused(bare, again)
            return []
        return [Kept(delivery, bare, archived)]

    async def _committed(self, letters: Sequence[DeadLetter]) -> list[Archived]:
        """An outage is waited out; the letters stay unsettled meanwhile."""
        archive = partial(self._parts.letters.archive, letters, self._parts.actor)
        while True:
            try:
                return await self._parts.breaker.past_outages(archive)
            except TransactionConflict:
                await asyncio.sleep(_CONFLICT_SECONDS)

    async def _announce(self, kept: Sequence[Kept]) -> None:
        """Tell who asked of what the broker set aside; the worker has told of the others."""
        found = (_event(each) for each in kept if each.letter.set_aside_by == BROKER)
        events = {event.id: event for event in found if event}
        receipts = await self._parts.publisher.publish([encode(event) for event in events.values()])
        EVENTS_REFUSED.inc(receipts.count(Receipt.REFUSED))
        if Receipt.UNKNOWN in receipts:
            raise PublishNotConfirmed("Events of dead letters were not confirmed: these are archived again")


def _event(kept: Kept) -> Event | None:
    """The same for each copy of the letter, also where nothing but the archive tells when it failed."""
    letter = kept.letter
    try:
        message = as_set_aside(kept.delivery, cause_of(kept.delivery))
        message = replace(message, received=min(message.received, kept.archived.first_failed_at))
        return rejected_event(message, Malformed(letter.code, letter.reason))
    except Exception as error:  # noqa: BLE001 - it is archived, which is what matters
        log_bug(LogEvent.UNREADABLE, error)
        return None


def _log_refused(letter: DeadLetter, refused: DataRejected) -> None:
    log.error(LogEvent.NOT_ARCHIVED, dead_letter_id=letter.dead_letter_id, error=str(refused))


def _note(kept: Kept) -> None:
    ARCHIVED.labels(kept.letter.set_aside_by).inc()
    log.info(
        LogEvent.ARCHIVED,
        dead_letter_id=kept.archived.dead_letter_id,
        set_aside_by=kept.letter.set_aside_by,
        code=kept.letter.code,
        message_id=kept.letter.message_id,
    )
