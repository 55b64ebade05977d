"""An edited copy of a dead letter: another body under a message id of its own, and otherwise as it was."""

from hashlib import sha256
from typing import Any

from aiormq import spec
from uuid_utils import uuid7

from contracts.checkout import CheckoutCart
from contracts.update import UpdateCart
from worker.amqp.header_table import FaithfulProperties
from worker.deadletters.as_sent import as_sent
from worker.deadletters.words import searchable
from worker.postgres.records import Record
from worker.postgres.replays import Copy

_NOT_THE_COPYS = frozenset({"message_id", "correlation_id"})


def copy_of(letter: Record, body: bytes, key: str, command: CheckoutCart | UpdateCart) -> Copy:
    """Whoever asked recognises the answer: the correlation id is that of the original."""
    message_id, name = str(uuid7()), letter["dead_letter_id"]
    told = (letter["code"], letter["reason"], message_id, letter["correlation_id"], letter["source"], key)
    return Copy(
        copy_of=name,
        dead_letter_id=sha256(f"{name}\n{message_id}".encode()).hexdigest(),
        queue=key,
        routing_key=key,
        message_id=message_id,
        customer_id=command.customer_id,
        cart_id=command.named_cart_id,
        properties=_properties(letter, message_id),
        body=body,
        words=searchable(*told, body=body),
    )


def _properties(letter: Record, message_id: str) -> bytes:
    came = as_sent(letter["properties"])
    kept: dict[str, Any] = {
        name: getattr(came, name) for name in spec.Basic.Properties.__slots__ if name not in _NOT_THE_COPYS
    }
    correlation_id = came.correlation_id or letter["correlation_id"]
    return FaithfulProperties(**kept, message_id=message_id, correlation_id=correlation_id).marshal()
