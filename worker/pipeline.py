"""The story of a batch: receive, decode, load, decide, commit, publish, settle."""

import asyncio
from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from functools import partial
from time import monotonic
from typing import Final

import structlog

from contracts.codes import DeadLetterCode
from worker.amqp.consumer import Consumer
from worker.amqp.decode import Limits, decode
from worker.amqp.delivery import Delivery
from worker.amqp.malformed import Malformed
from worker.amqp.publisher import Publisher
from worker.amqp.settlement import Answer, Published, Settlement, check_left
from worker.breaker import Breaker
from worker.checkout.catalog import Catalog
from worker.checkout.command import Command
from worker.checkout.decide import decide
from worker.checkout.decision import Decided, Decision, Oversized, Repeated, Reused
from worker.errors import DatabaseUnavailable, DataRejected, SchemaMismatch, TransactionConflict, WorkerError
from worker.failpoints import Failpoints, Place
from worker.failure import reason_of_failure
from worker.held_carts import HeldCarts
from worker.outbox import Outbox
from worker.patience import is_batch_at_fault, may_wait_for_others
from worker.postgres.checkouts import BatchStore, Checkouts
from worker.postgres.conflicts import past_conflicts
from worker.received import Received
from worker.redelivery import Attempt, Redeliveries
from worker.status import Status
from worker.telemetry import BATCH_SECONDS, BATCH_SIZE, MESSAGES, OVERTAKEN, REDELIVERED, LogEvent, log_bug

_TRIES_ALONE: Final = 3
_LARGE_BYTES: Final = 65_536

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Parts:
    """What a pipeline is made of."""

    consumer: Consumer
    publisher: Publisher
    checkouts: Checkouts
    outbox: Outbox
    held_carts: HeldCarts
    breaker: Breaker
    redeliveries: Redeliveries
    catalog: Callable[[], Catalog]
    limits: Limits
    failpoints: Failpoints
    status: Status


class Pipeline:
    """Takes batches from the consumer and sees each message to its end.

    A worker runs some of these side by side, each publishing on a channel of its own: while one waits for the
    broker, another has the database work.
    """

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._settlement = Settlement(parts.consumer, parts.publisher)
        self._reach = parts.failpoints.reach

    async def run(self) -> None:
        """Handle batches until the consumer is stopped and drained."""
        while deliveries := await self._parts.consumer.take():
            started = monotonic()
            if deliveries[0].redelivered:
                await self._handle_again(deliveries[0])
            else:
                await self.handle(deliveries)
            self._parts.consumer.finished()
            BATCH_SIZE.observe(len(deliveries))
            BATCH_SECONDS.observe(monotonic() - started)

    async def handle(self, deliveries: Sequence[Delivery], attempt: Attempt | None = None) -> None:
        """See a batch through, or a message that is attempted again.

        Raises:
            BrokerUnavailable, PublishNotConfirmed, TopologyFault: what could not be settled is left to be
                delivered again; what it led to is stored and will be repeated.
        """
        commands, answers = await self._decode(deliveries)
        while commands := self._parts.held_carts.without_known(commands):
            batch, commands = _one_per_cart(commands)
            answers += await self._commit_or_halve(batch)
        await self._settle(answers, attempt)

    async def _handle_again(self, delivery: Delivery) -> None:
        """See a message through that was delivered before, or set it aside if it ends processes."""
        REDELIVERED.inc()
        attempt = await self._parts.redeliveries.begin(delivery)
        if attempt.killer:
            await self._settle([Answer(delivery, attempt.killer)], attempt)
        else:
            await self.handle([delivery], attempt)

    async def _settle(self, answers: Sequence[Answer], attempt: Attempt | None = None) -> None:
        published = await self._settlement.publish(answers)
        message_ids = [each.delivery.properties.message_id for each in answers]
        self._reach(Place.CONFIRMED, message_ids)
        outlived = attempt if all(each.is_final for each in published) else None
        # Once acknowledged, a message never comes back to its row.
        if outlived and not outlived.killer:
            await self._parts.redeliveries.finish(outlived)
        await self._settlement.acknowledge(published)
        self._reach(Place.ACKNOWLEDGED, message_ids)
        # A killer stays known for as long as it may come back.
        if outlived and outlived.killer:
            await self._parts.redeliveries.finish(outlived)
        self._note([each for each in published if each.is_final])
        check_left(published)

    async def _decode(self, deliveries: Sequence[Delivery]) -> tuple[list[Received], list[Answer]]:
        commands: list[Received] = []
        malformed: list[Answer] = []
        for delivery in deliveries:
            decoded = self._decoded(delivery)
            if isinstance(decoded, Command):
                commands.append(Received(delivery, decoded))
            else:
                malformed.append(Answer(delivery, decoded))
            if len(delivery.body) > _LARGE_BYTES:
                # A batch of large bodies would keep heartbeats and health waiting.
                await asyncio.sleep(0)
        return commands, malformed

    def _decoded(self, delivery: Delivery) -> Command | Malformed:
        try:
            return decode(delivery, self._parts.limits)
        except Exception as error:  # noqa: BLE001 - a bug in one message must not harm its neighbours
            return self._failed(delivery, error, tries=1)

    def _failed(self, delivery: Delivery, error: Exception, tries: int) -> Malformed:
        """What a bug, or data that the database refuses, makes of a message."""
        message_id = delivery.properties.message_id
        if isinstance(error, WorkerError):
            log.error(LogEvent.FAILED, message_id=message_id, error=str(error))
        else:
            log_bug(LogEvent.FAILED, error, message_id=message_id)
        more = f"the log of worker {self._parts.status.worker_id} tells more"
        return Malformed(DeadLetterCode.UNEXPECTED_ERROR, reason_of_failure(error, tries), for_operators=more)

    async def _commit_or_halve(self, batch: Sequence[Received]) -> list[Answer]:
        """Load, decide and commit a batch; one that fails is halved down to the message at fault."""
        try:
            return await self._commit_past_outages(batch)
        except SchemaMismatch:
            raise
        except Exception as error:  # noqa: BLE001 - a bug in one message must not harm its neighbours
            if len(batch) == 1:
                return await self._commit_again_alone(batch[0], error)
            log.warning(LogEvent.BATCH_SPLIT, messages=len(batch), error=str(error))
        middle = len(batch) // 2
        return await self._commit_or_halve(batch[:middle]) + await self._commit_or_halve(batch[middle:])

    async def _commit_again_alone(self, received: Received, error: Exception) -> list[Answer]:
        """A bug may depend on the moment and gets some more tries; data that cannot be stored does not."""
        tries = 1
        while tries < _TRIES_ALONE and not isinstance(error, DataRejected):
            try:
                return await self._commit_past_outages([received])
            except SchemaMismatch:
                raise
            except Exception as again:  # noqa: BLE001 - see _commit_or_halve
                error, tries = again, tries + 1
        return [Answer(received.delivery, self._failed(received.delivery, error, tries))]

    async def _commit_past_outages(self, batch: Sequence[Received]) -> list[Answer]:
        """Do it until the database takes it, but for carts that somebody holds."""
        decisions: list[Decision] = []
        faults = 0
        while batch and not decisions:
            try:
                decisions = await past_conflicts(
                    partial(self._commit_past_others, [each.command for each in batch])
                )
            except DatabaseUnavailable as fault:
                faults += 1
                batch = await self._left_after(fault, faults, batch)
        self._reach(Place.COMMITTED, (each.command.message_id for each in batch))
        return [_answer(each, decision) for each, decision in zip(batch, decisions, strict=True)]

    async def _left_after(
        self, fault: DatabaseUnavailable, faults: int, batch: Sequence[Received]
    ) -> Sequence[Received]:
        """What to try again: all, when the outage is over, or at once what nobody else holds.

        Raises: the fault, for which the batch is to blame.
        """
        free = await self._parts.held_carts.without(batch) if may_wait_for_others(fault) else batch
        if len(free) == len(batch):
            if is_batch_at_fault(fault, faults, len(batch)):
                raise fault
            await self._parts.breaker.wait_out(fault)
        return free

    async def _commit_past_others(self, commands: Sequence[Command]) -> list[Decision]:
        """Decide all; what others overtook is decided again while its carts are held."""
        decisions = await self._load_decide_commit(self._parts.checkouts.batch(), commands)
        if left := [each for each in commands if each.cart_key not in decisions]:
            OVERTAKEN.inc(len(left))
            holding = self._parts.checkouts.holding([each.cart_key for each in left])
            decisions |= await self._load_decide_commit(holding, left)
        if len(decisions) < len(commands):
            raise TransactionConflict("A cart was changed while it was held")
        return [decisions[each.cart_key] for each in commands]

    async def _load_decide_commit(
        self, batch: AbstractAsyncContextManager[BatchStore], commands: Sequence[Command]
    ) -> dict[tuple[str, str], Decision]:
        """Load, decide and commit; by cart, without what others changed in between."""
        catalog = self._parts.catalog()
        with self._parts.outbox.taken() as marks:
            async with batch as store:
                situations = await store.load(commands, catalog)
                decisions = {
                    command.cart_key: decide(command, situation, catalog)
                    for command, situation in zip(commands, situations, strict=True)
                }
                self._reach(Place.BEFORE_COMMIT, (command.message_id for command in commands))
                overtaken = await store.commit(
                    [each for each in decisions.values() if isinstance(each, Decided)],
                    marks=marks,
                    replays=_answered_replays(decisions.values()),
                )
        return {cart: decision for cart, decision in decisions.items() if cart not in overtaken}

    def _note(self, published: Sequence[Published]) -> None:
        self._parts.status.settled += len(published)
        for each in published:
            outcome = each.answer.outcome
            if isinstance(outcome, Malformed):
                MESSAGES.labels("dead-lettered").inc()
                _log_dead_letter(each.answer.delivery, outcome)
            elif each.answer.command:
                MESSAGES.labels(outcome.type).inc()
                self._parts.outbox.note(each.answer.command, each.receipt)


def _one_per_cart(received: Sequence[Received]) -> tuple[list[Received], list[Received]]:
    """The first command of each cart and identity, and those that wait for the next round."""
    batch: list[Received] = []
    later: list[Received] = []
    seen: set[tuple[str, str, str]] = set()
    for each in received:
        keys = {("cart", *each.command.cart_key), ("message", *each.command.identity)}
        (later if keys & seen else batch).append(each)
        seen |= keys
    return batch, later


def _answered_replays(decisions: Iterable[Decision]) -> list[Command]:
    """Replays with an outcome; what is refused becomes a dead letter again."""
    answered = (each.command for each in decisions if isinstance(each, Decided | Repeated))
    return [command for command in answered if command.replay_token]


def _answer(received: Received, decision: Decision) -> Answer:
    if isinstance(decision, Reused):
        reason = (
            "This customer's message id came before with other content: every command needs an id of its own"
        )
        return Answer(received.delivery, Malformed(DeadLetterCode.MESSAGE_ID_REUSED, reason))
    if isinstance(decision, Oversized):
        reason = f"The answer would have {decision.answer_bytes} bytes, more than the broker takes"
        return Answer(received.delivery, Malformed(DeadLetterCode.TOO_LARGE, reason))
    return Answer(received.delivery, decision.event, received.command)


def _log_dead_letter(delivery: Delivery, malformed: Malformed) -> None:
    log.warning(
        LogEvent.DEAD_LETTERED,
        queue=delivery.queue,
        code=malformed.code,
        reason=malformed.reason,
        message_id=delivery.properties.message_id,
        source=delivery.properties.app_id,
    )
