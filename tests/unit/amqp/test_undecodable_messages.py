"""From frames as producers send them: what is made of properties that are odd, or cannot be read."""

import struct
from typing import Any, Final

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from pamqp import frame
from pamqp.header import ContentHeader

from contracts.codes import DeadLetterCode
from contracts.wire import CLOUD_EVENT_AMQP_PREFIXES, CLOUD_EVENT_PREFIX
from tests.builders import NOW, a_delivery
from tests.support.raw_properties import RawProperties, raw_properties, seconds, short, sized
from worker.amqp.dead_letter import dead_letter
from worker.amqp.dead_letter_id import dead_letter_id
from worker.amqp.decode import Limits, decode
from worker.amqp.delivery import Delivery
from worker.amqp.envelope import is_anonymous, message_id_of, origin_of
from worker.amqp.frame_shield import UndecodableProperties, unmarshal
from worker.amqp.header_table import table
from worker.amqp.malformed import Malformed
from worker.amqp.rejection import rejected_event
from worker.checkout.command import Command

LIMITS: Final = Limits(max_bytes=1024 * 1024, max_line_items=200)
RAW: Final = raw_properties(message_id=short(b"m"), timestamp=seconds(2**63), app_id=short(b"shop"))
OURS: Final = ("x-dead-letter-", "x-original-")
# Hypothesis takes texts from the code that it tests, these among them.
WITH_A_MEANING: Final = (
    *OURS,
    "x-delivery-count",
    "x-acquired-count",
    "CC",
    "BCC",
    CLOUD_EVENT_PREFIX,
    *CLOUD_EVENT_AMQP_PREFIXES,
)


def delivered(raw: bytes, body: bytes | None = None, queue: str = "cart.checkout") -> Delivery:
    """A delivery whose properties came from these bytes."""
    _, _, header = unmarshal(frame.marshal(ContentHeader(0, 0, RawProperties(raw)), 1))
    assert isinstance(header, ContentHeader)
    came = a_delivery(body, queue=queue)
    return Delivery(
        came.body,
        header.properties,
        came.exchange,
        came.routing_key,
        queue,
        1,
        redelivered=False,
        received=NOW,
    )


def malformed(delivery: Delivery) -> Malformed:
    found = decode(delivery, LIMITS)
    assert isinstance(found, Malformed)
    return found


def letter_headers(delivery: Delivery) -> dict[str, Any]:
    return dead_letter(delivery, malformed(delivery)).properties.headers or {}


def test_a_good_body_does_not_make_it_a_command() -> None:
    found = malformed(delivered(RAW))

    assert found.code is DeadLetterCode.UNDECODABLE_FRAME
    assert found.reason.startswith("The AMQP property timestamp of the message cannot be decoded: year")


def test_whoever_can_be_read_of_it_is_told() -> None:
    delivery = delivered(RAW)
    event = rejected_event(delivery, malformed(delivery))

    assert event is not None
    assert (event.origin.source, event.origin.correlation_id) == ("shop", "m")
    assert dead_letter(delivery, malformed(delivery)).properties.app_id == "shop"


@pytest.mark.parametrize(
    "raw",
    [
        raw_properties(timestamp=seconds(2**63)),
        raw_properties(message_id=short(b"\xff"), app_id=short(b"nul\0")),
    ],
    ids=["nobody-named", "unreadable"],
)
def test_nobody_is_told_where_nothing_tells_who_asked(raw: bytes) -> None:
    delivery = delivered(raw)

    assert is_anonymous(delivery)
    assert rejected_event(delivery, malformed(delivery)) is None
    assert origin_of(delivery).source == "unknown"


def test_the_letter_has_body_and_properties_byte_for_byte() -> None:
    delivery = delivered(RAW, b"\xff\x00")
    letter = dead_letter(delivery, malformed(delivery))

    assert letter.body == b"\xff\x00"
    assert (letter.properties.headers or {})["x-original-properties"] == RAW
    assert letter.properties.message_id == message_id_of(delivery)
    assert letter.properties.delivery_mode == 2


def test_the_bytes_come_out_as_bytes_even_where_they_could_be_text() -> None:
    raw = raw_properties(timestamp=seconds(2**62))
    delivery = delivered(raw)
    assert raw.decode()

    sent = dead_letter(delivery, malformed(delivery)).properties
    _, _, header = unmarshal(frame.marshal(ContentHeader(0, 0, sent), 1))

    assert isinstance(header, ContentHeader)
    assert (header.properties.headers or {})["x-original-properties"] == bytearray(raw)


def test_of_very_long_properties_the_beginning_is_kept_and_the_reason_says_so() -> None:
    raw = raw_properties(headers=sized(short(b"a") + b"S" + sized(b"x" * 100_000) + short(b"\xff") + b"V"))
    headers = letter_headers(delivered(raw))

    assert raw.startswith(headers["x-original-properties"])
    assert (
        f"first {len(headers['x-original-properties'])} of {len(raw)} bytes"
        in headers["x-dead-letter-reason"]
    )
    assert 15_000 < len(table(headers)) <= 16 * 1024


@pytest.mark.parametrize(
    "other",
    [
        delivered(RAW, b"y"),
        delivered(RAW, b"x", queue="cart.update"),
        delivered(raw_properties(message_id=short(b"m"), timestamp=seconds(2**63)), b"x"),
    ],
    ids=["body", "queue", "properties"],
)
def test_another_message_has_another_id(other: Delivery) -> None:
    same = delivered(RAW, b"x")

    assert dead_letter_id(same) == dead_letter_id(delivered(RAW, b"x"))
    assert dead_letter_id(same) != dead_letter_id(other)
    assert message_id_of(same) == message_id_of(delivered(RAW, b"x"))


def test_without_an_id_it_is_known_by_its_properties_and_its_body() -> None:
    shop, other = (raw_properties(timestamp=seconds(2**63), app_id=short(app)) for app in (b"shop", b"other"))

    ids = [message_id_of(delivered(raw, body)) for raw in (shop, other) for body in (b"x", b"y")]

    assert len({*ids}) == 4
    assert ids[0] == message_id_of(delivered(shop, b"x"))


def test_a_header_of_that_name_forges_nothing() -> None:
    forged = raw_properties(
        message_id=short(b"m"), headers=sized(short(b"x-original-properties") + b"x" + sized(RAW))
    )
    delivery = delivered(forged)

    assert isinstance(decode(delivery, LIMITS), Command)
    assert "x-original-properties" not in letter_headers(delivered(forged, b"{"))


def test_headers_that_do_not_fit_beside_ours_are_left_out_the_largest_first() -> None:
    sizes = {b"a": 70_000, b"b": 30_000, b"c": 20_000, b"d": 9_000}
    content = b"".join(short(key) + b"S" + sized(b"x" * size) for key, size in sizes.items())
    headers = letter_headers(delivered(raw_properties(headers=sized(content)), b"{"))

    assert headers.keys() & {"a", "b", "c", "d"} == {"b", "c", "d"}
    assert headers["x-dead-letter-reason"].endswith("left out: 1.")


def _packed(kind: bytes, layout: str, numbers: st.SearchStrategy[Any]) -> st.SearchStrategy[bytes]:
    return numbers.map(lambda number: kind + struct.pack(layout, number))


integers = st.one_of(
    _packed(b"b", ">b", st.integers(-(2**7), 2**7 - 1)),
    _packed(b"B", ">B", st.integers(0, 2**8 - 1)),
    _packed(b"s", ">h", st.integers(-(2**15), 2**15 - 1)),
    _packed(b"u", ">H", st.integers(0, 2**16 - 1)),
    _packed(b"I", ">i", st.integers(-(2**31), 2**31 - 1)),
    _packed(b"i", ">I", st.integers(0, 2**32 - 1)),
    _packed(b"l", ">q", st.integers(-(2**63), 2**63 - 1)),
    _packed(b"T", ">Q", st.integers(0, 253_402_300_799_999) | st.integers(2**32 - 2, 2**32 + 2)),
    _packed(b"d", ">d", st.floats()),
    _packed(b"f", ">f", st.floats(width=32)),
    st.tuples(st.integers(0, 255), st.integers(-(2**31), 2**31 - 1)).map(
        lambda each: b"D" + struct.pack(">Bi", *each)
    ),
)
texts = st.binary(max_size=40).map(lambda text: b"S" + sized(text)) | st.binary(max_size=40).map(
    lambda text: b"x" + sized(text)
)
written_keys = st.text(max_size=60).map(lambda key: short(key.encode()))


def _tables(inner: st.SearchStrategy[bytes]) -> st.SearchStrategy[bytes]:
    entries = st.lists(st.tuples(written_keys, inner).map(b"".join), max_size=4)
    return entries.map(b"".join).map(sized)


written = st.recursive(
    integers | texts | st.sampled_from([b"V", b"\x00", b"t\x00", b"t\x01"]),
    lambda inner: (
        _tables(inner).map(b"F".__add__)
        | st.lists(inner, max_size=4).map(lambda each: b"A" + sized(b"".join(each)))
    ),
    max_leaves=10,
)


@given(_tables(written), st.integers(0, 253_402_300_799_999), st.binary(min_size=1, max_size=1))
def test_whatever_can_be_read_can_be_decoded_and_dead_lettered_as_it_is(
    headers: bytes, moment: int, mode: bytes
) -> None:
    raw = raw_properties(headers=headers, timestamp=seconds(moment), delivery_mode=mode, priority=b"\xff")
    assert isinstance(decode(delivered(raw), LIMITS), Command)
    delivery = delivered(raw, b"{")
    came = delivery.properties.headers or {}
    assume(not any(key.startswith(WITH_A_MEANING) for key in came))

    sent = dead_letter(delivery, malformed(delivery)).properties
    _, _, header = unmarshal(frame.marshal(ContentHeader(0, 0, sent), 1))

    assert isinstance(header, ContentHeader)
    read = header.properties
    assert (read.timestamp, read.priority) == (delivery.properties.timestamp, 255)
    kept = {key: value for key, value in (read.headers or {}).items() if not key.startswith(OURS)}
    assert repr(kept) == repr(came)
    assert rejected_event(delivery, malformed(delivery)) is None


def test_the_mark_is_a_type_that_a_copy_of_its_values_does_not_have() -> None:
    assert isinstance(delivered(RAW).properties, UndecodableProperties)
    assert not isinstance(a_delivery().properties, UndecodableProperties)
    nameless = raw_properties(timestamp=seconds(2**63))
    assert delivered(nameless).properties == a_delivery().properties
