"""Settle: a delivery is acknowledged when what it led to is safe with the broker; until then it is left."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from worker.amqp.consumer import Consumer
from worker.amqp.dead_letter import dead_letter
from worker.amqp.delivery import Delivery
from worker.amqp.encode import encode
from worker.amqp.malformed import Malformed
from worker.amqp.outgoing import Receipt
from worker.amqp.publisher import Publisher
from worker.amqp.rejection import rejected_event
from worker.checkout.command import Command
from worker.checkout.event import Event
from worker.errors import PublishNotConfirmed, TopologyFault
from worker.telemetry import EVENTS_REFUSED


@dataclass(frozen=True, slots=True)
class Answer:
    """What a delivery led to: a committed event, or nothing but a dead letter."""

    delivery: Delivery
    outcome: Event | Malformed
    command: Command | None = None


@dataclass(frozen=True, slots=True)
class Published:
    """An answer and the broker's word on it."""

    answer: Answer
    receipt: Receipt

    @property
    def is_final(self) -> bool:
        """Whether the delivery may be acknowledged.

        A dead letter: when a queue keeps it. A stored event: when the broker has said something of it. One
        that a full queue refuses is left to the sweeper, or its subscriber would hold up everybody else.
        """
        if isinstance(self.answer.outcome, Malformed):
            return self.receipt is Receipt.CONFIRMED
        return self.receipt is not Receipt.UNKNOWN


class Settlement:
    def __init__(self, consumer: Consumer, publisher: Publisher) -> None:
        self._consumer = consumer
        self._publisher = publisher

    async def publish(self, answers: Sequence[Answer]) -> list[Published]:
        """Publish events and dead letters; copies of one event share one publication."""
        receipts = await self._publish_events(
            {each.outcome.id: each.outcome for each in answers if isinstance(each.outcome, Event)}
        )
        events = [
            Published(each, receipts[each.outcome.id]) for each in answers if isinstance(each.outcome, Event)
        ]
        return events + await self._dead_letter(
            [each for each in answers if isinstance(each.outcome, Malformed)]
        )

    async def acknowledge(self, published: Iterable[Published]) -> None:
        """Acknowledge what is final; the rest stays with the broker as it is."""
        await self._consumer.ack([each.answer.delivery for each in published if each.is_final])

    async def _publish_events(self, events: Mapping[str, Event]) -> dict[str, Receipt]:
        receipts = await self._publisher.publish([encode(event) for event in events.values()])
        EVENTS_REFUSED.inc(receipts.count(Receipt.REFUSED))
        return dict(zip(events, receipts, strict=True))

    async def _dead_letter(self, answers: Sequence[Answer]) -> list[Published]:
        """The dead letter first: an event that announces it must not be the only trace.

        Where the broker said nothing of the event, both come again with the delivery.
        """
        pairs = [(each, each.outcome) for each in answers if isinstance(each.outcome, Malformed)]
        letters = [dead_letter(each.delivery, malformed) for each, malformed in pairs]
        receipts = await self._publisher.publish(letters) if letters else []
        events = [
            rejected_event(each.delivery, malformed) if receipt is Receipt.CONFIRMED else None
            for (each, malformed), receipt in zip(pairs, receipts, strict=True)
        ]
        told = await self._publish_events({event.id: event for event in events if event})
        unsaid = [event is not None and told[event.id] is Receipt.UNKNOWN for event in events]
        return [
            Published(each, Receipt.UNKNOWN if is_unsaid else receipt)
            for (each, _), receipt, is_unsaid in zip(pairs, receipts, unsaid, strict=True)
        ]


def check_left(published: Iterable[Published]) -> None:
    """Look at what was not acknowledged.

    Raises:
        TopologyFault: a dead letter was returned: no queue would keep it.
        PublishNotConfirmed: the broker refused a dead letter, or said nothing in time.
    """
    left = [each for each in published if not each.is_final]
    if any(each.receipt is Receipt.RETURNED for each in left):
        raise TopologyFault("No queue is bound to the dead-letter exchange: run `checkout topology apply`")
    if left:
        raise PublishNotConfirmed(f"{len(left)} messages were not confirmed and stay in the queue")
