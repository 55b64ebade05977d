"""Who set a message aside, why and when: told by our headers, by the broker's x-death, or by neither.

A producer may write any header. What nobody but the broker can do is to put the newest x-death first.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from contracts.codes import DeadLetterCode
from contracts.scalars import parse_timestamp
from contracts.wire import (
    CHECKOUT_KEY,
    CHECKOUT_QUEUE,
    DEAD_LETTERS_EXCHANGE,
    UPDATE_KEY,
    UPDATE_QUEUE,
    DeadLetterHeader,
)
from worker.amqp.deaths import newest_death
from worker.amqp.delivery import Delivery
from worker.amqp.frame_shield import UndecodableProperties
from worker.deadletters.text import storable

WORKER: Final = "worker"
BROKER: Final = "broker"
_QUEUES: Final = {CHECKOUT_KEY: CHECKOUT_QUEUE, UPDATE_KEY: UPDATE_QUEUE}
_CODE: Final = re.compile(r"[a-z][a-z0-9_-]{0,63}")
_LONGEST_REASON: Final = 4096
_SAID: Final[Mapping[str, str]] = {
    DeadLetterCode.DELIVERY_LIMIT: "was delivered more often than the queue allows and never settled",
    DeadLetterCode.EXPIRED: "expired in the queue",
    DeadLetterCode.REJECTED: "was rejected by a consumer",
    DeadLetterCode.MAXLEN: "did not fit into the queue",
}


@dataclass(frozen=True, slots=True)
class Cause:
    set_aside_by: str
    code: str
    reason: str
    queue: str | None
    """The queue that it was in; None: it never was in one."""

    failed_at: datetime | None
    """None: nothing tells."""


def cause_of(delivery: Delivery) -> Cause:
    """Our headers are forged where the broker set the message aside: workers publish past their queues."""
    if isinstance(delivery.properties, UndecodableProperties):
        return _undecodable(delivery, delivery.properties)
    if delivery.exchange != DEAD_LETTERS_EXCHANGE:
        return _unroutable(delivery)
    headers = delivery.properties.headers or {}
    ours, brokers = _ours(delivery, headers), _brokers(headers)
    if brokers and (ours is None or brokers.queue in _QUEUES.values()):
        return brokers
    return ours or _unroutable(delivery)


def _ours(delivery: Delivery, headers: Mapping[str, Any]) -> Cause | None:
    code, reason = headers.get(DeadLetterHeader.CODE), headers.get(DeadLetterHeader.REASON)
    if not isinstance(code, str) or not _CODE.fullmatch(code):
        return None
    failed_at = _moment(headers.get(DeadLetterHeader.FAILED_AT))
    reason = storable(reason, _LONGEST_REASON) if isinstance(reason, str) else "No reason is given"
    return Cause(WORKER, code, reason, _QUEUES.get(delivery.routing_key), failed_at)


def _brokers(headers: Mapping[str, Any]) -> Cause | None:
    death = newest_death(headers)
    word, queue = str(death.get("reason", "")), storable(str(death.get("queue")), 255)
    if not _CODE.fullmatch(word):
        return None
    time = death.get("time")
    failed_at = time.astimezone(UTC) if isinstance(time, datetime) else None
    # Newer brokers may have other words than are known here.
    code = word.replace("_", "-")
    said = _SAID.get(code, "was set aside")
    reason = f"The message {said}: {queue}. It was the broker that set it aside ({word})"
    return Cause(BROKER, code, reason, queue, failed_at)


def _unroutable(delivery: Delivery) -> Cause:
    key, exchange = storable(delivery.routing_key, 255), storable(delivery.exchange, 255)
    reason = (
        f"No queue is bound to the routing key {key or '(none)'} of the exchange {exchange or '(default)'}"
    )
    if delivery.exchange == DEAD_LETTERS_EXCHANGE:
        reason = "The message came to the dead letters' exchange with nothing that tells why"
    return Cause(BROKER, DeadLetterCode.UNROUTABLE, reason, None, None)


def _undecodable(delivery: Delivery, came: UndecodableProperties) -> Cause:
    """Whatever x-death says of it cannot be read."""
    if delivery.exchange != DEAD_LETTERS_EXCHANGE:
        return _unroutable(delivery)
    code, queue = DeadLetterCode.UNDECODABLE_FRAME, _QUEUES.get(delivery.routing_key)
    return Cause(BROKER, code, storable(came.reason, _LONGEST_REASON), queue, None)


def _moment(text: object) -> datetime | None:
    try:
        return parse_timestamp(text) if isinstance(text, str) else None
    except (ValueError, OverflowError):
        return None
