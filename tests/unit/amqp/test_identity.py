"""Which message a delivery is: its id, and what stands in where there is none."""

from datetime import timedelta
from hashlib import sha256
from typing import Any

import pytest

from tests.builders import NOW, a_checkout, a_delivery, as_body
from worker.amqp.envelope import message_id_of

FALLBACK: dict[str, Any] = {"app_id": "shop", "correlation_id": "c", "timestamp": NOW}


@pytest.mark.parametrize(
    ("properties", "message_id"),
    [
        ({"message_id": "m"}, "m"),
        ({"message_id": "m", "headers": {"ce-id": "c"}}, "m"),
        ({"message_id": "", "headers": {"ce-id": "c"}}, "c"),
        ({"headers": {"ce-id": "c"}}, "c"),
        ({"headers": {"ce-id": "", "cloudEvents_id": "c"}}, "c"),
        ({"message_id": "x" * 255}, "x" * 255),
        ({"message_id": "ä" * 127}, "ä" * 127),
        ({"headers": {"ce-id": "x" * 256}}, f"sha256:{sha256(b'x' * 256).hexdigest()}"),
    ],
    ids=range(8),
)
def test_the_message_id_is_the_property_else_the_cloud_event_s(
    properties: dict[str, Any], message_id: str
) -> None:
    assert message_id_of(a_delivery(**properties)) == message_id


def test_an_id_that_amqp_could_not_carry_back_is_hashed_by_its_bytes() -> None:
    ids = [message_id_of(a_delivery(headers={"ce-id": text})) for text in ("ä" * 128, "ä" * 128, "ä" * 129)]

    assert ids[0] == ids[1] != ids[2]
    assert {len(each) for each in ids} == {len("sha256:") + 64}


@pytest.mark.parametrize("ce_id", [5, None, b"bytes", {"a": 1}, "nul\0", ""], ids=repr)
def test_a_cloud_event_id_that_is_no_text_is_as_good_as_none(ce_id: Any) -> None:
    assert message_id_of(a_delivery(headers={"ce-id": ce_id})) == message_id_of(a_delivery())


def test_without_any_id_the_same_message_has_the_same_one_at_every_delivery() -> None:
    first = a_delivery(**FALLBACK, headers={"x-delivery-count": 0})
    second = a_delivery(
        **FALLBACK, headers={"x-delivery-count": 1}, redelivered=True, received=NOW + timedelta(days=1)
    )

    assert message_id_of(first) == message_id_of(second)
    assert message_id_of(first).startswith("sha256:")
    assert len(message_id_of(first).encode()) <= 255


def test_without_any_id_a_message_has_the_one_that_another_release_gave_it() -> None:
    """Else what comes again after an upgrade would be a message of its own."""
    assert message_id_of(a_delivery(b"{}", **FALLBACK)) == (
        "sha256:e488999031ba7a56aecbe1a48ac905cf3229d8642be4f6c6497b48949c762946"
    )


@pytest.mark.parametrize(
    "other",
    [
        {"app_id": "shoq"},
        {"app_id": None},
        {"correlation_id": "d"},
        {"correlation_id": None},
        {"timestamp": NOW + timedelta(seconds=1)},
        {"timestamp": None},
        {"routing_key": "cart.update"},
        {"body": as_body(a_checkout(note=1))},
        {"app_id": "shopc", "correlation_id": ""},
    ],
    ids=range(9),
)
def test_without_any_id_another_message_has_another_one(other: dict[str, Any]) -> None:
    assert message_id_of(a_delivery(**FALLBACK | other)) != message_id_of(a_delivery(**FALLBACK))


def test_parts_of_a_message_without_an_id_do_not_run_into_one_another() -> None:
    one = a_delivery(b"b", app_id="a\nb", correlation_id="c")
    other = a_delivery(b"b", app_id="a", correlation_id="b\nc")

    assert message_id_of(one) != message_id_of(other)
