"""Properties and texts as bytes: what a driver with a fault, or somebody who means harm, puts on the wire."""

import struct
from typing import Final

from aiormq import spec

PERSISTENT: Final = b"\x02"
_FLAGS: Final = spec.Basic.Properties.flags


class RawProperties(spec.Basic.Properties):
    """Written as given, whatever the driver would have written."""

    def __init__(self, raw: bytes) -> None:
        super().__init__()
        self._raw = raw

    def marshal(self) -> bytes:
        return self._raw


class RawText(str):
    """A short string that is written as these bytes, text or not."""

    __slots__ = ()

    def encode(self, encoding: str = "", errors: str = "") -> bytes:  # noqa: ARG002 - as str has it
        return super().encode("latin-1")


def raw_properties(**written: bytes) -> bytes:
    """Persistent properties, each of them as it is written on the wire."""
    found = {"delivery_mode": PERSISTENT} | written
    flags = sum(_FLAGS[name] for name in found)
    parts = [found[name] for name in spec.Basic.Properties.__slots__ if name in found]
    return struct.pack(">H", flags) + b"".join(parts)


def short(text: bytes) -> bytes:
    return struct.pack(">B", len(text)) + text


def sized(content: bytes) -> bytes:
    """A table, list or long text: its length goes before it."""
    return struct.pack(">I", len(content)) + content


def seconds(number: int) -> bytes:
    return struct.pack(">Q", number)


def nested_tables(depth: int) -> bytes:
    """A header table in a header table, and so on."""
    content = b""
    for _ in range(depth):
        content = short(b"a") + b"F" + sized(content)
    return sized(content)
