"""What is written to the broker is what the driver would write."""

from datetime import UTC, datetime
from typing import Any

import pamqp.frame
import pytest
from aiormq import spec
from hypothesis import given
from hypothesis import strategies as st
from pamqp.body import ContentBody
from pamqp.header import ContentHeader

from worker.amqp.header_table import FaithfulProperties
from worker.amqp.outgoing import Outgoing
from worker.amqp.publish_frames import publish_frames

names = st.text(max_size=60).filter(lambda name: len(name.encode()) <= 127)
header_values = st.text() | st.integers(0, 2**31 - 1) | st.booleans() | st.none()
properties = st.fixed_dictionaries(
    {},
    optional={
        "app_id": names,
        "content_encoding": names,
        "content_type": names,
        "correlation_id": names,
        "delivery_mode": st.sampled_from([1, 2]),
        "expiration": names,
        # pamqp sorts them.
        "headers": st.dictionaries(names, header_values).map(lambda headers: dict(sorted(headers.items()))),
        "message_id": names,
        "message_type": names,
        "priority": st.integers(0, 255),
        "reply_to": names,
        "timestamp": st.integers(1, 2**32 - 1).map(lambda seconds: datetime.fromtimestamp(seconds, UTC)),
        "user_id": names,
    },
)


def _by_the_driver(message: Outgoing, channel: int, largest_body: int) -> bytes:
    publish = spec.Basic.Publish(
        exchange=message.exchange, routing_key=message.routing_key, mandatory=True, immediate=False
    )
    starts = range(0, len(message.body), largest_body)
    frames: list[spec.Basic.Publish | ContentHeader | ContentBody] = [
        publish,
        ContentHeader(body_size=len(message.body), properties=message.properties),
        *(ContentBody(message.body[start : start + largest_body]) for start in starts),
    ]
    return b"".join(pamqp.frame.marshal(each, channel) for each in frames)


@given(
    exchange=st.from_regex(r"[a-z0-9._-]{0,127}", fullmatch=True),
    routing_key=names,
    body=st.binary(max_size=100),
    written=properties,
    channel=st.integers(1, 65_535),
    largest_body=st.integers(1, 60),
)
def test_frames_are_the_driver_s_byte_by_byte(
    exchange: str, routing_key: str, body: bytes, written: dict[str, Any], channel: int, largest_body: int
) -> None:
    written = {"message_id": "m"} | {name: value for name, value in written.items() if value}
    plain = Outgoing(exchange, routing_key, body, spec.Basic.Properties(**written))
    ours = Outgoing(exchange, routing_key, body, FaithfulProperties(**written))

    expected = _by_the_driver(plain, channel, largest_body)
    assert publish_frames(plain, channel, largest_body) == expected
    assert publish_frames(ours, channel, largest_body) == expected


@pytest.mark.parametrize("place", ["routing key", "property"])
def test_a_short_string_that_is_too_long_is_refused(place: str) -> None:
    long = "ü" * 128
    message = Outgoing(
        exchange="",
        routing_key=long if place == "routing key" else "",
        body=b"",
        properties=FaithfulProperties(app_id=long if place == "property" else "", message_id="m"),
    )
    with pytest.raises(ValueError, match="at most 255 bytes, this one 256"):
        publish_frames(message, 1, 100)


def test_a_message_without_an_id_is_refused_for_its_return_would_not_be_known() -> None:
    with pytest.raises(ValueError, match="message id"):
        publish_frames(Outgoing("", "", b"", FaithfulProperties()), 1, 100)


def test_a_broker_without_a_limit_on_frames_gets_one() -> None:
    message = Outgoing("", "q", b"body", FaithfulProperties(message_id="m"))

    assert publish_frames(message, 1, -8) == publish_frames(message, 1, 4)
