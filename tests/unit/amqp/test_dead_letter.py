"""A dead letter: the message as it came, why it was set aside, and where it goes."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, Final

import pytest
from aiormq import spec
from hypothesis import given
from hypothesis import strategies as st
from pamqp import decode

from contracts.codes import DeadLetterCode
from tests.builders import NOW, a_delivery
from worker.amqp.dead_letter import dead_letter
from worker.amqp.dead_letter_id import dead_letter_id
from worker.amqp.delivery import Delivery
from worker.amqp.envelope import message_id_of
from worker.amqp.header_table import table
from worker.amqp.malformed import Malformed
from worker.amqp.rejection import rejected_event

MALFORMED: Final = Malformed(DeadLetterCode.NOT_JSON, "The body is not JSON")
EVERY_PROPERTY: Final[dict[str, Any]] = {
    "content_type": "application/json; charset=utf-8",
    "content_encoding": "identity",
    "delivery_mode": 2,
    "priority": 7,
    "correlation_id": "correlation",
    "reply_to": "answers",
    "message_id": "message",
    "timestamp": datetime(2026, 3, 14, 9, 0, tzinfo=UTC),
    "message_type": "cart.checkout",
    "app_id": "shop",
}
HEADERS: Final[dict[str, Any]] = {
    "text": "ü",
    "bytes": b"\xff\x00",
    "number": 2**40,
    "double": 0.1,
    "decimal": Decimal("-1.50"),
    "flag": True,
    "nothing": None,
    "moment": datetime(2026, 1, 1, tzinfo=UTC),
    "list": [1, {"deep": ["er", b"\xfe"]}],
    "k" * 255: "long key",
}


def on_the_wire(delivery: Delivery, malformed: Malformed = MALFORMED) -> spec.Basic.Properties:
    """The properties as the broker gets them."""
    written = dead_letter(delivery, malformed).properties.marshal()
    read = spec.Basic.Properties()
    read.unmarshal(decode.short_uint(written)[1], written[2:])
    return read


def our_headers(delivery: Delivery, malformed: Malformed = MALFORMED) -> dict[str, Any]:
    came = delivery.properties.headers or {}
    return {
        key: value
        for key, value in (on_the_wire(delivery, malformed).headers or {}).items()
        if key not in came
    }


def test_a_dead_letter_goes_to_its_exchange_under_the_key_that_it_came_with() -> None:
    message = dead_letter(a_delivery(b"\xff{", routing_key="cart.checkout"), MALFORMED)

    assert (message.exchange, message.routing_key, message.body) == (
        "cart.dead-letters",
        "cart.checkout",
        b"\xff{",
    )


def test_every_property_is_kept() -> None:
    read = on_the_wire(a_delivery(b"", **EVERY_PROPERTY))

    assert {name: getattr(read, name) for name in EVERY_PROPERTY} == EVERY_PROPERTY


def test_every_header_is_kept() -> None:
    read = on_the_wire(a_delivery(b"", headers=HEADERS, message_id="m"))

    assert {key: value for key, value in (read.headers or {}).items() if key in HEADERS} == HEADERS


@given(st.sampled_from(sorted(set(EVERY_PROPERTY) - {"delivery_mode", "timestamp", "priority"})), st.data())
def test_text_properties_come_out_as_they_came(name: str, data: st.DataObject) -> None:
    text: Any = data.draw(st.text(min_size=1, max_size=60))

    assert getattr(on_the_wire(a_delivery(b"", **{name: text})), name) == text


def test_user_id_and_expiration_travel_as_headers() -> None:
    delivery = a_delivery(b"", user_id="guest", expiration="60000", message_id="m")

    read = on_the_wire(delivery)

    assert (read.user_id, read.expiration) == (None, None)
    headers = read.headers or {}
    assert (headers["x-original-user-id"], headers["x-original-expiration"]) == ("guest", "60000")


def test_nobody_gets_a_copy_of_a_dead_letter() -> None:
    copies = {"CC": ["cart.checkout"], "BCC": ["elsewhere"], "cc": "an ordinary header"}

    headers = on_the_wire(a_delivery(b"", headers=copies)).headers or {}

    assert headers.keys() & {"CC", "BCC", "cc"} == {"cc"}


@pytest.mark.parametrize("mode", [None, 0, 1, 2, 3, 255])
def test_a_dead_letter_is_persistent_whatever_the_message_was(mode: int | None) -> None:
    delivery = a_delivery(b"")
    delivery.properties.delivery_mode = mode

    assert on_the_wire(delivery).delivery_mode == 2


def test_our_headers_say_why_when_and_which() -> None:
    delivery = a_delivery(b"x", message_id="m")

    assert our_headers(delivery) == {
        "x-dead-letter-id": dead_letter_id(delivery),
        "x-dead-letter-code": "not-json",
        "x-dead-letter-reason": "The body is not JSON",
        "x-dead-letter-first-received": "2026-03-14T09:26:53.589793Z",
        "x-dead-letter-failed-at": "2026-03-14T09:26:53.589793Z",
    }


@pytest.mark.parametrize("code", list(DeadLetterCode))
def test_every_code_is_written_as_documented(code: DeadLetterCode) -> None:
    assert our_headers(a_delivery(b""), Malformed(code, "r"))["x-dead-letter-code"] == code.value


@pytest.mark.parametrize("reason", ["x" * 100_000, "🛒" * 100_000], ids=["ascii", "four-bytes"])
def test_at_most_16_kb_of_headers_are_ours(reason: str) -> None:
    delivery = a_delivery(b"", user_id="u" * 255, expiration="9" * 255)

    ours = our_headers(delivery, Malformed(DeadLetterCode.UNEXPECTED_ERROR, reason))

    assert reason.startswith(ours["x-dead-letter-reason"])
    assert len(ours["x-dead-letter-reason"]) >= 1000
    assert len(table(ours)) <= 16_000


@pytest.mark.parametrize("reason", ["r", "x" * 100_000])
def test_what_operators_need_ends_the_reason_and_no_event_tells_it(reason: str) -> None:
    failed = Malformed(DeadLetterCode.UNEXPECTED_ERROR, reason, for_operators="look at worker 1")
    delivery = a_delivery(b"", message_id="m")

    told = our_headers(delivery, failed)["x-dead-letter-reason"]
    event = rejected_event(delivery, failed)

    assert told.endswith("; look at worker 1")
    assert len(told) <= 4096
    assert event
    assert b"worker 1" not in event.body


def test_a_message_without_an_id_gets_the_one_by_which_it_would_be_known() -> None:
    delivery = a_delivery(b"")

    assert on_the_wire(delivery).message_id == message_id_of(delivery)


def test_counts_of_the_broker_are_no_part_of_the_message() -> None:
    delivery = a_delivery(
        b"", headers={"x-delivery-count": 3, "x-acquired-count": 4, "x-mine": 1}, message_id="m"
    )

    headers = on_the_wire(delivery).headers or {}

    assert headers.keys() & {"x-delivery-count", "x-acquired-count", "x-mine"} == {"x-mine"}


def test_a_delivery_is_not_changed_by_dead_lettering_it() -> None:
    headers = {"CC": ["a"], "x-delivery-count": 1}
    delivery = a_delivery(b"", headers=headers, user_id="guest", expiration="1")

    dead_letter(delivery, MALFORMED)

    came = delivery.properties
    assert (came.headers, came.user_id, came.expiration) == (
        {"CC": ["a"], "x-delivery-count": 1},
        "guest",
        "1",
    )
    assert (came.message_id, came.delivery_mode) == (None, None)


ORIGINAL: Final[dict[str, Any]] = {"queue": "cart.checkout", **EVERY_PROPERTY, "headers": {"a": 1}}


def test_the_id_is_the_same_for_every_delivery_of_a_message() -> None:
    first = a_delivery(b"x", **ORIGINAL)
    again = a_delivery(
        b"x",
        **ORIGINAL | {"headers": {"x-delivery-count": 2, "x-acquired-count": 3, "a": 1}},
        redelivered=True,
        received=NOW + timedelta(hours=1),
    )

    assert dead_letter_id(first) == dead_letter_id(again)
    assert len(dead_letter_id(first)) == 64


@pytest.mark.parametrize(
    "other",
    [
        {"queue": "cart.update"},
        {"body": b"y"},
        {"headers": {"a": 2}},
        {"headers": {"a": "1"}},
        {"headers": {"a": True}},
        {"headers": {"a": 1, "b": None}},
        {"headers": {}},
        *({name: None} for name in EVERY_PROPERTY if name != "delivery_mode"),
        {"priority": 8},
        {"timestamp": datetime(2026, 3, 14, 9, 1, tzinfo=UTC)},
    ],
    ids=range(18),
)
def test_the_id_tells_other_queues_properties_and_bodies_apart(other: dict[str, Any]) -> None:
    fields = {"body": b"x", **ORIGINAL}

    assert dead_letter_id(a_delivery(**fields | other)) != dead_letter_id(a_delivery(**fields))


@pytest.mark.parametrize(
    "change",
    [
        {"delivery_mode": 1},
        {"user_id": "guest"},
        {"expiration": "1"},
        {"headers": {"a": 1, "CC": ["elsewhere"]}},
        {"headers": {"a": 1, "x-replay-token": "f" * 64, "x-replayed-by": "me", "x-replay-of": "id"}},
        {"headers": {"a": 1, "x-dead-letter-code": "not-json"}},
        {"headers": {"a": 1, "x-death": [{"queue": "cart.checkout"}], "x-first-death-reason": "rejected"}},
    ],
    ids=range(7),
)
def test_what_a_message_gets_or_loses_between_two_attempts_makes_no_difference_to_the_id(
    change: dict[str, Any],
) -> None:
    fields = {"body": b"x", **ORIGINAL}

    assert dead_letter_id(a_delivery(**fields | change)) == dead_letter_id(a_delivery(**fields))


def test_a_dead_letter_that_is_published_again_has_the_id_that_it_carries() -> None:
    """As one that came without a message id and is not persistent."""
    first = a_delivery(b"x", **ORIGINAL | {"message_id": None, "delivery_mode": 1, "user_id": "guest"})
    again = replace(first, properties=on_the_wire(first))

    assert dead_letter_id(again) == dead_letter_id(first)


def test_the_order_of_headers_makes_no_difference_to_the_id() -> None:
    one, other = (
        a_delivery(headers={"a": 1, "b": {"c": 1, "d": 2}}),
        a_delivery(headers={"b": {"d": 2, "c": 1}, "a": 1}),
    )

    assert dead_letter_id(one) == dead_letter_id(other)
