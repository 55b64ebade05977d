"""The reader of a connection gets a header for every message, whatever properties that has."""

import struct
from typing import Final

import pamqp.frame
import pytest
from aiormq import spec
from hypothesis import given
from hypothesis import strategies as st
from pamqp.body import ContentBody
from pamqp.exceptions import UnmarshalingException
from pamqp.header import ContentHeader

from tests.support.raw_properties import nested_tables, raw_properties, seconds, short, sized
from worker.amqp import frame_shield
from worker.amqp.deliver_frame import read_deliver
from worker.amqp.frame_shield import UndecodableProperties, unmarshal
from worker.amqp.property_bytes import DEEPEST, MOST_VALUES, as_sent, identity

BODY_SIZE: Final = 1_234
PLAIN: Final = raw_properties(message_id=short(b"m"), headers=sized(short(b"a") + b"V"))


def a_frame(raw: bytes, *, body_size: int = BODY_SIZE, channel: int = 7, kind: int = 2) -> bytes:
    payload = struct.pack(">HHQ", 60, 0, body_size) + raw
    return struct.pack(">BHI", kind, channel, len(payload)) + payload + b"\xce"


def header_of(frame: bytes) -> ContentHeader:
    consumed, channel, header = unmarshal(frame)
    assert isinstance(header, ContentHeader)
    assert (consumed, channel) == (len(frame), 7)
    return header


def undecodable(raw: bytes) -> UndecodableProperties:
    properties = header_of(a_frame(raw)).properties
    assert isinstance(properties, UndecodableProperties)
    return properties


def headers(content: bytes) -> bytes:
    return raw_properties(headers=sized(content))


def a_list(values: bytes) -> bytes:
    return headers(short(b"list") + b"A" + sized(values))


UNDECODABLE: Final = [
    ("timestamp", "year", raw_properties(timestamp=seconds(999_999_999_999_999))),
    ("timestamp", "year", raw_properties(timestamp=seconds(2**63))),
    ("message_id", "'utf-8'", raw_properties(message_id=short(b"\xff"))),
    ("content_type", "'utf-8'", raw_properties(content_type=short(b"\xff"))),
    ("headers", "'utf-8'", headers(short(b"\xff") + b"V")),
    ("headers", "year", headers(short(b"t") + b"T" + seconds(2**63))),
    ("headers", "a header has the unknown type b'Q'", headers(short(b"q") + b"Q")),
    ("headers", f"headers are nested more than {DEEPEST}", raw_properties(headers=nested_tables(900))),
    ("headers", f"there are more than {MOST_VALUES}", a_list(b"V" * MOST_VALUES)),
]


def a_deliver(routing_key: bytes, exchange: bytes = b"e", *, beyond: bytes = b"") -> bytes:
    payload = struct.pack(">HH", 60, 60) + short(b"tag") + struct.pack(">QB", 2**40, 1)
    payload += short(exchange) + short(routing_key) + beyond
    return struct.pack(">BHI", 1, 7, len(payload)) + payload + b"\xce"


@pytest.mark.parametrize(
    ("routing_key", "exchange", "read"),
    [
        (b"\xff\xfe", b"e", ("\ufffd\ufffd", "e")),
        (b"key", b"an exchange!", ("key", "an exchange!")),
        (b"\xff", b"\xff", ("\ufffd", "\ufffd")),
        (b"\xff" * 255, b"e", ("\ufffd" * 85, "e")),
    ],
    ids=["key", "name-that-pamqp-refuses", "both", "as-much-as-can-be-published"],
)
def test_a_delivery_is_read_whatever_its_texts_are(
    routing_key: bytes, exchange: bytes, read: tuple[str, str]
) -> None:
    frame = a_deliver(routing_key, exchange)
    consumed, channel, deliver = unmarshal(frame)

    assert isinstance(deliver, spec.Basic.Deliver)
    assert (consumed, channel, deliver.consumer_tag) == (len(frame), 7, "tag")
    assert (deliver.delivery_tag, deliver.redelivered) == (2**40, True)
    assert (deliver.routing_key, deliver.exchange) == read


@given(st.text(max_size=60), st.text("abc-_.", max_size=60))
def test_a_delivery_is_read_by_hand_as_the_driver_reads_it(routing_key: str, exchange: str) -> None:
    frame = a_deliver(routing_key.encode(), exchange.encode())
    _, _, by_driver = unmarshal(frame)

    assert isinstance(by_driver, spec.Basic.Deliver)
    assert dict(read_deliver(frame[7:-1])) == dict(by_driver)


@pytest.mark.parametrize(
    "damaged",
    [a_deliver(b"\xff", beyond=b"x"), a_deliver(b"\xff")[:-3] + b"\xce", a_deliver(b"\xff")[:-1] + b"\0"],
    ids=["longer", "shorter", "no-end"],
)
def test_a_delivery_that_is_not_whole_is_no_delivery(damaged: bytes) -> None:
    with pytest.raises(UnmarshalingException):
        unmarshal(damaged)


@given(st.binary(max_size=2_000), st.integers(0, 2**64 - 1))
def test_no_bytes_make_it_raise_and_the_size_of_the_body_is_right(raw: bytes, body_size: int) -> None:
    header = header_of(a_frame(raw, body_size=body_size))

    assert header.body_size == body_size
    if isinstance(header.properties, UndecodableProperties):
        assert header.properties.raw == raw


@given(st.binary(max_size=600), st.integers(0, 2_000))
def test_nor_do_damaged_headers_of_any_length(damage: bytes, position: int) -> None:
    content = bytearray(short(b"a") + b"F" + sized(short(b"b") + b"S" + sized(b"x" * 1_500)))
    content[position : position + len(damage)] = damage

    assert header_of(a_frame(headers(bytes(content)))).body_size == BODY_SIZE


@pytest.mark.parametrize(("culprit", "why", "raw"), UNDECODABLE)
def test_what_cannot_be_decoded_is_kept_as_bytes_with_a_reason(culprit: str, why: str, raw: bytes) -> None:
    properties = undecodable(raw)

    assert properties.raw == raw
    assert properties.reason.startswith(
        f"The AMQP property {culprit} of the message cannot be decoded: {why}"
    )
    assert properties == spec.Basic.Properties()


def test_what_can_be_decoded_comes_as_the_driver_reads_it() -> None:
    frame = a_frame(PLAIN)

    assert header_of(frame).properties == spec.Basic.Properties(
        delivery_mode=2, message_id="m", headers={"a": None}
    )
    assert type(header_of(frame).properties) is spec.Basic.Properties


def test_headers_within_the_bounds_are_decoded() -> None:
    deep = raw_properties(headers=nested_tables(DEEPEST - 1), reply_to=short(b"x" * 255))
    many = a_list(b"V" * (MOST_VALUES - 1))

    for raw in (deep, many):
        assert type(header_of(a_frame(raw)).properties) is spec.Basic.Properties


def test_methods_and_bodies_are_left_alone() -> None:
    for sent in (spec.Basic.Ack(delivery_tag=1), ContentBody(b"\xff\x00")):
        frame = pamqp.frame.marshal(sent, 7)
        _, channel, read = unmarshal(frame)
        assert (channel, type(read)) == (7, type(sent))

    with pytest.raises(UnmarshalingException):
        unmarshal(a_frame(PLAIN, kind=1))


@pytest.mark.parametrize(
    "damaged",
    [
        a_frame(PLAIN)[:-1] + b"\x00",
        a_frame(PLAIN)[:-3],
        struct.pack(">BHI", 2, 7, 3) + b"abc\xce",
        struct.pack(">BHI", 2, 7, 0) + b"\xce",
        b"\x02",
    ],
)
def test_a_frame_that_is_not_whole_is_an_error_as_before(damaged: bytes) -> None:
    with pytest.raises(UnmarshalingException):
        unmarshal(damaged)


def test_it_is_installed_once_however_often_it_is_asked_for() -> None:
    for _ in range(3):
        frame_shield.install()
        assert pamqp.frame.unmarshal is unmarshal
        assert pamqp.frame.unmarshal(a_frame(PLAIN))[1] == 7


def counted(*counts: tuple[bytes, int], rest: bytes = b"") -> bytes:
    return b"".join(short(key) + b"l" + struct.pack(">q", number) for key, number in counts) + rest


def test_what_the_broker_adds_is_no_part_of_what_was_sent() -> None:
    bare = raw_properties(timestamp=seconds(2**63))
    with_count = raw_properties(timestamp=seconds(2**63), headers=sized(counted((b"x-delivery-count", 1))))

    assert as_sent(with_count) == bare
    assert identity(with_count) == identity(bare)


def test_the_order_of_headers_makes_no_other_message() -> None:
    a, b = short(b"a") + b"V", short(b"b") + b"S" + sized(b"\xff")
    sent, again = headers(b + a), headers(counted((b"x-acquired-count", 2), rest=a + b))

    assert as_sent(sent) == sent
    assert as_sent(again) == headers(a + b)
    assert identity(sent) == identity(again)
    assert identity(sent) != identity(headers(a))


@given(st.binary(max_size=300))
def test_any_bytes_have_an_identity(raw: bytes) -> None:
    assert identity(raw) == identity(as_sent(raw))
