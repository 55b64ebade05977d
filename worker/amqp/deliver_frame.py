"""The frame that begins a delivery, read by hand: pamqp 4.0 refuses texts that a producer may choose freely.

The broker hands on routing keys as they came, also where they are not UTF-8.
"""

import struct
from typing import Final

from aiormq import spec

_DELIVER: Final = struct.pack(">HH", 60, 60)
_TAG: Final = struct.Struct(">QB")
_REDELIVERED: Final = 1
_LONGEST: Final = 255


def is_deliver(payload: bytes) -> bool:
    return payload.startswith(_DELIVER)


def read_deliver(payload: bytes) -> spec.Basic.Deliver:
    """What the frame says, with a replacement for each byte that is no text.

    Raises:
        ValueError: bytes are missing or left over.
    """
    try:
        consumer_tag, at = _text(payload, len(_DELIVER))
        tag, bits = _TAG.unpack_from(payload, at)
        exchange, at = _text(payload, at + _TAG.size)
        routing_key, at = _text(payload, at)
    except (IndexError, struct.error) as error:
        raise ValueError("the frame is cut off") from error
    if at != len(payload):
        raise ValueError("the frame is cut off, or longer than it says")
    deliver = spec.Basic.Deliver(consumer_tag, tag, bool(bits & _REDELIVERED), routing_key=routing_key)
    # Not as an argument: pamqp allows an exchange fewer names than brokers do.
    deliver.exchange = exchange
    return deliver


def _text(payload: bytes, at: int) -> tuple[str, int]:
    """As much as can be published again: a replacement has three bytes for one."""
    start = at + 1
    end = start + payload[at]
    text = payload[start:end].decode(errors="replace")
    return text.encode()[:_LONGEST].decode(errors="ignore"), end
