"""Header tables: what was read from the wire comes out as it was."""

import math
import struct
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pamqp import decode

from worker.amqp.header_table import FaithfulProperties, table

keys = st.text(max_size=255).filter(lambda key: len(key.encode()) <= 255)


def _is_no_utf_8(value: bytes) -> bool:
    try:
        value.decode()
    except UnicodeDecodeError:
        return True
    return False


# pamqp reads a text that is UTF-8 as str and any other as bytes.
no_texts = st.binary(min_size=1).filter(_is_no_utf_8)
decimals = st.builds(
    lambda digits, scale: Decimal(digits).scaleb(-scale), st.integers(-(2**31), 2**31 - 1), st.integers(0, 20)
)
moments = st.integers(0, 2**32 - 1).map(lambda seconds: datetime.fromtimestamp(seconds, UTC))
scalars = (
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False)
    | st.text()
    | no_texts
    | st.binary().map(bytearray)
    | decimals
    | moments
)
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=3),
    max_leaves=8,
)


def read(written: bytes) -> dict[str, Any]:
    consumed, found = decode.field_table(written)
    assert consumed == len(written)
    return found


def typed(value: Any) -> Any:
    """A value with its type, so that 1 and True, or 1 and 1.0, are told apart."""
    if isinstance(value, dict):
        return {key: typed(member) for key, member in value.items()}
    return [typed(member) for member in value] if isinstance(value, list) else (type(value), value)


@given(st.dictionaries(keys, values, max_size=5))
def test_a_table_that_was_read_is_written_so_that_it_is_read_as_the_same(headers: dict[str, Any]) -> None:
    again = read(table(headers))

    assert typed(again) == typed(headers)
    assert list(again) == list(headers)


@given(st.floats(allow_nan=False))
def test_a_double_keeps_every_bit(value: float) -> None:
    assert struct.pack(">d", read(table({"d": value}))["d"]) == struct.pack(">d", value)


def test_no_number_stays_no_number() -> None:
    assert math.isnan(read(table({"d": math.nan}))["d"])


@pytest.mark.parametrize("length", [0, 1, 127, 128, 129, 255])
def test_keys_of_up_to_255_bytes_are_kept(length: int) -> None:
    assert read(table({"k" * length: 1})) == {"k" * length: 1}
    assert read(table({"nested": {"k" * length: 1}})) == {"nested": {"k" * length: 1}}


def test_text_that_is_not_utf_8_stays_the_text_that_it_was() -> None:
    assert table({"k": b"\xff"}) == b"\x00\x00\x00\x08\x01kS\x00\x00\x00\x01\xff"


@pytest.mark.parametrize(
    ("written", "value"),
    [
        (b"d\x3f\xb9\x99\x99\x99\x99\x99\x9a", 0.1),
        (b"D\x02\xff\xff\xff\xfe", Decimal("-0.02")),
        (b"D\x00\x7f\xff\xff\xff", Decimal(2_147_483_647)),
        (b"l\x80\x00\x00\x00\x00\x00\x00\x00", -(2**63)),
        (b"x\x00\x00\x00\x01a", bytearray(b"a")),
        (b"t\x01", True),
        (b"V", None),
        (b"T\x00\x00\x00\x00\x00\x00\x00\x05", datetime(1970, 1, 1, 0, 0, 5, tzinfo=UTC)),
    ],
    ids=range(8),
)
def test_a_value_of_the_wire_is_written_byte_by_byte_as_it_came(written: bytes, value: Any) -> None:
    entry = b"\x01k" + written
    wire = struct.pack(">I", len(entry)) + entry

    assert typed(read(wire)) == typed({"k": value})
    assert table(read(wire)) == wire


def test_a_moment_that_came_in_milliseconds_stays_in_milliseconds() -> None:
    # pamqp takes what is beyond the year 2106 for milliseconds; many producers write them.
    entry = b"\x01kT" + struct.pack(">q", 1_773_480_413_123)
    wire = struct.pack(">I", len(entry)) + entry

    assert read(wire) == {"k": datetime(2026, 3, 14, 9, 26, 53, 123000, tzinfo=UTC)}
    assert table(read(wire)) == wire


@pytest.mark.parametrize("value", [1j, {1, 2}, 2**63, Decimal("NaN")], ids=repr)
def test_what_no_amqp_type_holds_is_refused(value: Any) -> None:
    with pytest.raises(TypeError):
        table({"k": value})


def test_properties_write_their_headers_faithfully_and_the_rest_as_ever() -> None:
    properties = FaithfulProperties(headers={"k": 0.1}, content_type="t")

    written = properties.marshal()

    assert written == struct.pack(">H", 0xA000) + b"\x01t" + table({"k": 0.1})
