"""The frames of a mandatory publish, as AMQP 0-9-1 has them (section 4.2.3)."""

import struct
from collections.abc import Iterator

from pamqp import constants

from worker.amqp.outgoing import Outgoing

_METHOD, _HEADER, _BODY = 1, 2, 3
_START = struct.Struct(">BHI")
_PUBLISH = struct.Struct(">HHH")
_CONTENT = struct.Struct(">HHQ")
_BASIC, _PUBLISH_METHOD = 60, 40
_MANDATORY = b"\x01"
_END = bytes([constants.FRAME_END])
_LONGEST_NAME = 255


def publish_frames(message: Outgoing, channel: int, largest_body: int) -> bytes:
    """All frames of a message, none with more than `largest_body` bytes of its body, if that is a bound.

    Raises:
        ValueError: no message id, by which a return is known; a name of more than 255 bytes.
        TypeError, AttributeError, struct.error: a property that AMQP cannot write.
    """
    if not message.properties.message_id:
        raise ValueError("a message is published with a message id")
    publish = (
        _PUBLISH.pack(_BASIC, _PUBLISH_METHOD, 0)
        + short_string(message.exchange)
        + short_string(message.routing_key)
        + _MANDATORY
    )
    header = _CONTENT.pack(_BASIC, 0, len(message.body)) + message.properties.marshal()
    contents = [(_METHOD, publish), (_HEADER, header), *_body_contents(message.body, largest_body)]
    return b"".join(
        part
        for kind, content in contents
        for part in (_START.pack(kind, channel, len(content)), content, _END)
    )


def _body_contents(body: bytes, largest: int) -> Iterator[tuple[int, bytes]]:
    # A broker without a limit on frames leaves no number above 0.
    length = largest if largest > 0 else len(body) or 1
    for start in range(0, len(body), length):
        yield _BODY, body[start : start + length]


def short_string(text: str) -> bytes:
    """Its length in one byte, and its bytes. Raises: ValueError: of more than 255 bytes."""
    encoded = text.encode()
    if len(encoded) > _LONGEST_NAME:
        raise ValueError(f"a short string of AMQP has at most {_LONGEST_NAME} bytes, this one {len(encoded)}")
    return bytes((len(encoded),)) + encoded
