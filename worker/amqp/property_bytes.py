"""The bytes of AMQP properties, taken apart without decoding a value: some values cannot be decoded."""

import struct
from collections.abc import Iterator
from typing import Final

from aiormq import spec

MOST_VALUES: Final = 2_000
"""Values of a header table, those inside its lists and tables included."""

DEEPEST: Final = 32
"""Levels of header tables: code that walks them by recursion has to come back."""

_WIDTHS: Final = {
    **dict.fromkeys(b"V\x00", 0),
    **dict.fromkeys(b"tbB", 1),
    **dict.fromkeys(b"su", 2),
    **dict.fromkeys(b"Iif", 4),
    **dict.fromkeys(b"D", 5),
    **dict.fromkeys(b"lLdT", 8),
}
_PROPERTY_WIDTHS: Final = {"octet": 1, "timestamp": 8}
_TABLE, _LIST = b"FA"
_SIZED: Final = frozenset(b"FASx")
_LENGTH_BYTES: Final = 4
_MORE_FLAGS: Final = 1
# Quorum queues write these on each delivery, and put the headers in another order then.
_OF_THE_BROKER: Final = frozenset({b"x-delivery-count", b"x-acquired-count"})


def split(raw: bytes) -> dict[str, bytes]:
    """Each property as it is written, in the order of the wire.

    Raises:
        ValueError: bytes are missing or left over.
    """
    (flags,) = struct.unpack(">H", raw[:2].rjust(2, b"\0"))
    if flags & _MORE_FLAGS:
        raise ValueError("there are flags of properties that AMQP does not have")
    properties, at = {}, 2
    for name in spec.Basic.Properties.__slots__:
        if flags & spec.Basic.Properties.flags[name]:
            end = at + _width(raw, at, spec.Basic.Properties.amqp_type(name))
            properties[name] = raw[at:end]
            at = end
    if at != len(raw):
        raise ValueError("the properties are cut off, or longer than they say")
    return properties


def entries(table: bytes) -> Iterator[tuple[bytes, bytes]]:
    """The key of each header, and the header as it is written. Raises: ValueError."""
    at = _LENGTH_BYTES
    while at < len(table):
        start, value = at, at + 1 + table[at]
        at = value + 1 + _value_width(table, value)
        if at > len(table):
            raise ValueError("a header is cut off")
        yield table[start + 1 : value], table[start:at]


def check_headers(table: bytes) -> None:
    """Refuse headers that would take too long to decode: pamqp 4.0 copies what is left for each value.

    Raises:
        ValueError: there are too many values, they are too deep, or of an unknown type.
    """
    values, waiting = 0, [(_LENGTH_BYTES, len(table), True, 1)]
    while waiting:
        at, end, has_keys, depth = waiting.pop()
        if depth > DEEPEST:
            raise ValueError(f"headers are nested more than {DEEPEST} levels deep")
        while at < end:
            values += 1
            if values > MOST_VALUES:
                raise ValueError(f"there are more than {MOST_VALUES} values in the headers")
            value = at + 1 + table[at] if has_keys else at
            at = value + 1 + _value_width(table, value)
            if table[value] in {_TABLE, _LIST}:
                waiting.append((value + 1 + _LENGTH_BYTES, at, table[value] == _TABLE, depth + 1))


def as_sent(raw: bytes) -> bytes:
    """The bytes without what the broker adds, as far as they can be taken apart."""
    try:
        properties = split(raw)
        headers = _sent_headers(properties)
    except ValueError:
        return raw
    (flags,) = struct.unpack(">H", raw[:2])
    if headers:
        content = b"".join(headers)
        properties["headers"] = struct.pack(">I", len(content)) + content
    elif properties.pop("headers", None) is not None:
        flags -= spec.Basic.Properties.flags["headers"]
    return struct.pack(">H", flags) + b"".join(properties.values())


def identity(raw: bytes) -> bytes:
    """The same for every delivery of a message, as far as its properties can be taken apart."""
    try:
        properties = split(raw)
        headers = sorted(_sent_headers(properties))
    except ValueError:
        return raw
    properties.pop("headers", None)
    return repr((properties, headers)).encode()


def _sent_headers(properties: dict[str, bytes]) -> list[bytes]:
    written = entries(properties.get("headers", b""))
    return [header for key, header in written if key not in _OF_THE_BROKER]


def _width(raw: bytes, at: int, kind: str) -> int:
    if width := _PROPERTY_WIDTHS.get(kind):
        return width
    if kind == "table":
        return _LENGTH_BYTES + _length(raw, at)
    return 1 + raw[at] if at < len(raw) else 1


def _value_width(table: bytes, at: int) -> int:
    if at >= len(table):
        raise ValueError("a header is cut off")
    if table[at] in _SIZED:
        return _LENGTH_BYTES + _length(table, at + 1)
    if (width := _WIDTHS.get(table[at])) is None:
        raise ValueError(f"a header has the unknown type {table[at : at + 1]!r}")
    return width


def _length(raw: bytes, at: int) -> int:
    return int.from_bytes(raw[at : at + _LENGTH_BYTES])
