"""The properties of a message as its producer sent them, from those of its dead letter."""

from typing import Any, Final

from aiormq import spec

from contracts.wire import DeadLetterHeader
from worker.amqp.dead_letter_id import sent_headers
from worker.amqp.frame_shield import WHO, UndecodableProperties, properties_of
from worker.amqp.header_table import FaithfulProperties
from worker.deadletters.cause import WORKER

_RESTORED: Final = {
    "user_id": DeadLetterHeader.ORIGINAL_USER_ID,
    "expiration": DeadLetterHeader.ORIGINAL_EXPIRATION,
}


def as_sent(raw: bytes, *, set_aside_by: str) -> spec.Basic.Properties:
    """Without what was added on the way, and with user and expiration where these travelled as headers.

    They do so where a worker set the message aside. Elsewhere headers like ours are the producer's own, who
    could name any user as one that the broker had checked.

    A replay must drop these two again: the broker would refuse the one and obey the other.
    `UndecodableProperties` where the bytes of the dead letter, or those that it keeps, cannot be decoded.
    """
    properties = properties_of(raw)
    if isinstance(properties, UndecodableProperties):
        return properties
    headers = (properties.headers or {}) if set_aside_by == WORKER else {}
    original = headers.get(DeadLetterHeader.ORIGINAL_PROPERTIES)
    if isinstance(original, bytes | bytearray):
        return _with_ids(properties_of(bytes(original)), properties)
    kept = {name: getattr(properties, name) for name in properties.__slots__ if name != "headers"}
    for name, header in _RESTORED.items():
        kept[name] = kept[name] or headers.get(header)
    return FaithfulProperties(**kept, headers=sent_headers(properties))


def _with_ids(original: spec.Basic.Properties, letter: spec.Basic.Properties) -> spec.Basic.Properties:
    """Very long properties are kept in part, which tells nothing; the dead letter's own tell who asked."""
    for name in WHO:
        setattr(original, name, getattr(original, name) or getattr(letter, name))
    return original


def deaths_of(raw: bytes) -> list[Any]:
    """The broker's x-death, as it stands in the dead letter: why, where and when, the newest first."""
    deaths = (properties_of(raw).headers or {}).get("x-death")
    return list(deaths) if isinstance(deaths, list) else []
