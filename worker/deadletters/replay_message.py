"""The message of a replay: the dead letter's, without what would steer the broker, and whose replay it is."""

from typing import Final

from contracts.wire import (
    CHECKOUT_KEY,
    CHECKOUT_QUEUE,
    CLOUD_EVENT_AMQP_PREFIXES,
    CLOUD_EVENT_PREFIX,
    COMMANDS_EXCHANGE,
    TRACEPARENT,
    TRACESTATE,
    UPDATE_KEY,
    UPDATE_QUEUE,
    ReplayHeader,
)
from worker.amqp.envelope import stated_time
from worker.amqp.header_table import FaithfulProperties
from worker.amqp.outgoing import PERSISTENT, Outgoing
from worker.deadletters.as_sent import as_sent
from worker.postgres.replays import Claim

_KEYS: Final = {CHECKOUT_QUEUE: CHECKOUT_KEY, UPDATE_QUEUE: UPDATE_KEY}
_KEPT: Final = (
    "content_type",
    "content_encoding",
    "correlation_id",
    "reply_to",
    "timestamp",
    "message_type",
    "app_id",
)
_KEPT_HEADERS: Final = frozenset({TRACEPARENT, TRACESTATE})
_KEPT_PREFIXES: Final = (CLOUD_EVENT_PREFIX, *CLOUD_EVENT_AMQP_PREFIXES)


def key_of(queue: str | None, routing_key: str) -> str | None:
    """Under which key a dead letter goes to a queue of commands; None: nothing tells which one was meant."""
    if queue in _KEYS:
        return _KEYS[queue]
    return routing_key if routing_key in _KEYS.values() else None


def replay_message(claim: Claim, key: str, actor: str) -> Outgoing:
    """What is published for a claim. The message id stays, so that what was done before is not done again.

    Where the message does not say when it was asked, the archive does: its cart is judged by that time.
    """
    came = as_sent(claim.properties, set_aside_by=claim.set_aside_by)
    properties = FaithfulProperties(
        **{name: getattr(came, name) for name in _KEPT},
        delivery_mode=PERSISTENT,
        message_id=came.message_id or claim.message_id or claim.dead_letter_id,
        headers={name: value for name, value in (came.headers or {}).items() if _is_kept(name)}
        | {
            str(ReplayHeader.TOKEN): claim.replay_token.hex(),
            str(ReplayHeader.BY): actor,
            str(ReplayHeader.OF): claim.dead_letter_id,
        },
    )
    if stated_time(came) is None:
        properties.timestamp = claim.asked_at
    return Outgoing(COMMANDS_EXCHANGE, key, claim.body, properties)


def _is_kept(header: str) -> bool:
    return header in _KEPT_HEADERS or header.startswith(_KEPT_PREFIXES)
