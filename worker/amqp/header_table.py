"""AMQP header tables written so that what was read comes out again.

pamqp 4.0 writes doubles as floats, cuts keys at 128 bytes and refuses text that is not UTF-8; a dead letter
keeps all of them. Integers may change their width, never their value.
"""

import struct
from datetime import datetime
from typing import Any, Final

from aiormq import spec
from pamqp import encode

_LARGEST_SECONDS: Final = 0xFFFFFFFF


class FaithfulProperties(spec.Basic.Properties):
    """Properties whose headers are written by this module."""

    def encode_property(self, name: str, value: Any) -> bytes:
        if name == "headers":
            return table(value)
        return _timestamp(value) if name == "timestamp" else super().encode_property(name, value)


def table(headers: dict[str, Any]) -> bytes:
    """A field table. Raises: TypeError for values that no AMQP type holds."""
    entries = (_key(key) + _value(value) for key, value in headers.items())
    return _sized(b"".join(entries))


def _key(key: str) -> bytes:
    encoded = key.encode()
    return struct.pack(">B", len(encoded)) + encoded


def _value(value: Any) -> bytes:
    match value:
        case float():
            return b"d" + struct.pack(">d", value)
        case datetime():
            return b"T" + _timestamp(value)
        case bytearray():
            return b"x" + _sized(bytes(value))
        case bytes():
            return b"S" + _sized(value)
        case dict():
            return b"F" + table(value)
        case list():
            return b"A" + _sized(b"".join(map(_value, value)))
        case _:
            return encode.encode_table_value(value)


def _timestamp(moment: datetime) -> bytes:
    """Pamqp reads large numbers as milliseconds; a moment with a fraction or after 2106 was one of them."""
    seconds = moment.timestamp()
    in_milliseconds = moment.microsecond or seconds > _LARGEST_SECONDS
    return struct.pack(">Q", round(seconds * 1000) if in_milliseconds else int(seconds))


def _sized(content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + content
