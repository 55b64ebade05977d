"""A shield for the reader of connections: what cannot be decoded costs one message, no connection.

aiormq 7.2 gives a connection up when pamqp 4.0 cannot decode a message's header, or its routing key. The
message would be delivered again to the next connection, and end that as well.
"""

import struct
from collections.abc import Iterator
from contextlib import suppress
from typing import Final

import pamqp.frame
from aiormq import spec
from pamqp import constants, decode
from pamqp.frame import FrameTypes
from pamqp.header import ContentHeader

from worker.amqp.deliver_frame import is_deliver, read_deliver
from worker.amqp.property_bytes import check_headers, split

_FIXED: Final = struct.Struct(">HHQ")
_PAYLOAD: Final = constants.FRAME_HEADER_SIZE
_PROPERTIES: Final = _PAYLOAD + _FIXED.size
# Shorter properties hold few values, at a depth that recursion comes back from.
_HARMLESS_BYTES: Final = 400
_LONGEST_REASON: Final = 200

WHO: Final = ("message_id", "correlation_id", "app_id")
"""The properties by which an answer is recognised."""

_RAW: Final = "raw"
_unmarshal: Final = pamqp.frame.unmarshal


class UndecodableProperties(spec.Basic.Properties):
    """Properties that cannot be decoded, as bytes, and who asked, where that can be read all the same.

    The type is the mark: no producer can forge it.
    """

    def __init__(self, raw: bytes, reason: str) -> None:
        super().__init__()
        self.raw = raw
        self.reason = reason
        for name, text in _who(raw):
            setattr(self, name, text)


def install() -> None:
    """Put the shield before every connection of this process; doing it again changes nothing."""
    pamqp.frame.unmarshal = unmarshal


def unmarshal(data_in: bytes) -> tuple[int, int, FrameTypes]:
    """A frame, as pamqp reads it, or what can be read of a message's first two frames.

    Raises:
        pamqp.exceptions.UnmarshalingException: of anything but a whole one of these.
    """
    return _read_header(data_in) if data_in[:1] == b"\x02" else _read_method(data_in)


def _read_method(data_in: bytes) -> tuple[int, int, FrameTypes]:
    try:
        return _unmarshal(data_in)
    except Exception:
        payload = data_in[_PAYLOAD:-1]
        with suppress(ValueError):
            if _is_whole(data_in) and is_deliver(payload):
                return len(data_in), _channel(data_in), read_deliver(payload)
        raise


def _read_header(data_in: bytes) -> tuple[int, int, FrameTypes]:
    try:
        if len(data_in) > _PROPERTIES + _HARMLESS_BYTES:
            check_headers(split(_raw(data_in)).get("headers", b""))
        read = _unmarshal(data_in)
    except Exception as error:
        if not _is_whole(data_in):
            raise
        return len(data_in), _channel(data_in), _header(data_in, error)
    if isinstance(read[2], ContentHeader):
        vars(read[2].properties)[_RAW] = _raw(data_in)
    return read


def raw_of(properties: spec.Basic.Properties) -> bytes:
    """The bytes that properties were read from; written anew where they came from no frame."""
    raw = vars(properties).get(_RAW)
    return raw if isinstance(raw, bytes) else properties.marshal()


def properties_of(raw: bytes) -> spec.Basic.Properties:
    """Properties from their bytes; `UndecodableProperties` where they cannot be decoded."""
    try:
        check_headers(split(raw).get("headers", b""))
        properties = spec.Basic.Properties()
        (flags,) = struct.unpack(">H", raw[:2])
        properties.unmarshal(flags, raw[2:])
    except Exception as error:  # noqa: BLE001 - see unmarshal
        return UndecodableProperties(raw, _reason(raw, error))
    return properties


def _is_whole(data: bytes) -> bool:
    """Where the frame itself is damaged, nothing after it can be trusted."""
    (size,) = struct.unpack(">I", data[3:_PAYLOAD].rjust(4, b"\0"))
    return size >= _FIXED.size and len(data) == _PAYLOAD + size + 1 and data[-1] == constants.FRAME_END


def _raw(data: bytes) -> bytes:
    return data[_PROPERTIES:-1]


def _channel(data: bytes) -> int:
    return int.from_bytes(data[1:3])


def _header(data: bytes, error: Exception) -> ContentHeader:
    _, weight, body_size = _FIXED.unpack(data[_PAYLOAD:_PROPERTIES])
    raw = _raw(data)
    return ContentHeader(weight, body_size, UndecodableProperties(raw, _reason(raw, error)))


def _who(raw: bytes) -> Iterator[tuple[str, str]]:
    with suppress(ValueError):
        written = split(raw)
        for name in WHO:
            text = written.get(name, b"")[1:].decode(errors="replace")
            if text and not {"\0", "\ufffd"} & {*text}:
                yield name, text


def _reason(raw: bytes, error: Exception) -> str:
    where, cause = _culprit(raw) or ("properties", error)
    return f"The AMQP {where} of the message cannot be decoded: {cause}"[:_LONGEST_REASON]


def _culprit(raw: bytes) -> tuple[str, Exception] | None:
    """The first property that cannot be decoded, and why."""
    with suppress(ValueError):
        for name, written in split(raw).items():
            try:
                if name == "headers":
                    check_headers(written)
                decode.by_type(written, spec.Basic.Properties.amqp_type(name))
            except Exception as error:  # noqa: BLE001 - whatever it is, it is the reason
                return f"property {name}", error
    return None
