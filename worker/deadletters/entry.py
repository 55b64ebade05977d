"""An entry of the archive: what a delivery of the dead letters' queue tells of the message that it was."""

import re
from dataclasses import replace
from datetime import datetime
from hashlib import sha256
from typing import Final

from contracts.codes import DeadLetterCode
from contracts.rejected import Violation
from contracts.wire import DeadLetterHeader
from worker.amqp.dead_letter import first_received
from worker.amqp.dead_letter_id import dead_letter_id
from worker.amqp.decode import Limits, decode
from worker.amqp.delivery import Delivery
from worker.amqp.envelope import asked_at, message_id_of, origin_of, replay_token
from worker.amqp.frame_shield import raw_of
from worker.amqp.malformed import Malformed
from worker.amqp.rejection import mentioned_ids
from worker.deadletters.cause import BROKER, WORKER, Cause, cause_of
from worker.deadletters.fingerprint import failure_of
from worker.deadletters.named import Named, named_in
from worker.deadletters.text import storable
from worker.deadletters.words import searchable
from worker.postgres.dead_letters import DeadLetter

_LONGEST_NAME: Final = 255
_ID: Final = re.compile("[0-9a-f]{64}")


def entry_of(delivery: Delivery, limits: Limits) -> DeadLetter:
    """The dead letter as it is archived."""
    cause = cause_of(delivery)
    message = as_set_aside(delivery, cause)
    origin, message_id = origin_of(message), storable(message_id_of(message), _LONGEST_NAME)
    customer_id, cart_id = _about(message, cause.code)
    correlation_id = storable(origin.correlation_id, _LONGEST_NAME)
    texts = (cause.code, cause.reason, message_id, correlation_id, origin.source, delivery.routing_key)
    return DeadLetter(
        dead_letter_id=_id(delivery, message, cause),
        **failure_of(cause.code, cause.reason, _violations(message, cause.code, limits)),
        set_aside_by=cause.set_aside_by,
        queue=cause.queue,
        exchange=storable(delivery.exchange, _LONGEST_NAME),
        routing_key=storable(delivery.routing_key, _LONGEST_NAME),
        source=origin.source,
        message_id=message_id,
        correlation_id=correlation_id,
        customer_id=customer_id,
        cart_id=cart_id,
        properties=raw_of(delivery.properties),
        body=delivery.body,
        words=searchable(*texts, body=delivery.body),
        asked_at=asked_at(message),
        failed_at=_failed_at(delivery, cause),
        replay_token=replay_token(delivery.properties),
        is_repeat=cause.failed_at is None and delivery.redelivered,
    )


def bare_entry_of(delivery: Delivery, error: Exception) -> DeadLetter:
    """For a dead letter that a bug prevents from being read: bytes alone, so that it is not lost."""
    reason = f"The dead letter could not be looked at: {type(error).__name__}"
    raw = raw_of(delivery.properties)
    return DeadLetter(
        dead_letter_id=sha256(raw + delivery.body).hexdigest(),
        **failure_of(DeadLetterCode.UNEXPECTED_ERROR, reason),
        set_aside_by=BROKER,
        queue=None,
        exchange=storable(delivery.exchange, _LONGEST_NAME),
        routing_key=storable(delivery.routing_key, _LONGEST_NAME),
        source="unknown",
        message_id=None,
        correlation_id=None,
        customer_id=None,
        cart_id=None,
        properties=raw,
        body=delivery.body,
        words="",
        asked_at=delivery.received,
        failed_at=delivery.received,
        is_repeat=delivery.redelivered,
    )


def as_set_aside(delivery: Delivery, cause: Cause) -> Delivery:
    """The delivery that failed, as far as the dead letter tells."""
    received = first_received(delivery) if cause.set_aside_by == WORKER else _failed_at(delivery, cause)
    return replace(delivery, queue=cause.queue or "", received=received)


def _failed_at(delivery: Delivery, cause: Cause) -> datetime:
    return min(cause.failed_at or delivery.received, delivery.received)


def _id(delivery: Delivery, message: Delivery, cause: Cause) -> str:
    """As the worker writes it: operators copy ids into their shells."""
    given = (delivery.properties.headers or {}).get(DeadLetterHeader.ID)
    is_ours = cause.set_aside_by == WORKER and isinstance(given, str) and _ID.fullmatch(given)
    return str(given) if is_ours else dead_letter_id(message)


def _about(message: Delivery, code: str) -> Named:
    """Whom it is about; a guess where it cannot be read."""
    customer_id, cart_id = mentioned_ids(message, code)
    guess = named_in(message.body)
    return Named(customer_id or guess.customer_id, cart_id or guess.cart_id)


def _violations(message: Delivery, code: str, limits: Limits) -> list[Violation]:
    """Found by reading the message once more; no other code has any."""
    if code != DeadLetterCode.CONTRACT_VIOLATION:
        return []
    read = decode(message, limits)
    return read.violations if isinstance(read, Malformed) else []
