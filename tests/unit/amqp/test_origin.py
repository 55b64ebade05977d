"""Who asked, and what the answer carries so that they recognise it."""

from typing import Any

import pytest

from tests.builders import a_delivery
from worker.amqp.envelope import is_anonymous, message_id_of, origin_of

TRACE = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"


@pytest.mark.parametrize(
    ("properties", "correlation_id"),
    [
        ({"correlation_id": "c", "message_id": "m"}, "c"),
        ({"correlation_id": "c", "headers": {"ce-correlationid": "e"}}, "c"),
        ({"headers": {"ce-correlationid": "e"}, "message_id": "m"}, "e"),
        ({"correlation_id": "", "message_id": "m"}, "m"),
        ({"message_id": "m"}, "m"),
        ({"headers": {"ce-id": "i"}}, "i"),
        ({"correlation_id": "x" * 255}, "x" * 255),
    ],
    ids=range(7),
)
def test_the_correlation_id_is_echoed_and_is_the_message_id_by_default(
    properties: dict[str, Any], correlation_id: str
) -> None:
    assert origin_of(a_delivery(**properties)).correlation_id == correlation_id


def test_a_message_without_any_id_is_recognised_by_the_one_that_we_give_it() -> None:
    delivery = a_delivery()

    assert origin_of(delivery).correlation_id == message_id_of(delivery)


def test_a_correlation_id_that_amqp_could_not_carry_back_is_hashed() -> None:
    correlation_id = origin_of(a_delivery(headers={"ce-correlationid": "x" * 256})).correlation_id

    assert correlation_id.startswith("sha256:")
    assert len(correlation_id) == 71


@pytest.mark.parametrize(
    ("properties", "source"),
    [
        ({"app_id": "storefront-eu"}, "storefront-eu"),
        ({"app_id": "shop.eu"}, "shop-eu"),
        ({"app_id": "shop", "headers": {"ce-source": "/elsewhere"}}, "shop"),
        ({"headers": {"ce-source": "/shop/eu"}}, "-shop-eu"),
        ({"app_id": "", "headers": {"ce-source": "/shop"}}, "-shop"),
        ({"headers": {"ce-source": 5}}, "unknown"),
        ({}, "unknown"),
    ],
    ids=range(7),
)
def test_the_source_is_the_app_id_else_the_cloud_event_s(properties: dict[str, Any], source: str) -> None:
    assert origin_of(a_delivery(**properties)).source == source


@pytest.mark.parametrize(
    ("headers", "trace"),
    [
        ({"traceparent": TRACE, "tracestate": "vendor=1,other=2"}, (TRACE, "vendor=1,other=2")),
        ({"traceparent": TRACE}, (TRACE, None)),
        ({"traceparent": TRACE.upper()}, (None, None)),
        ({"traceparent": TRACE + "-more"}, (None, None)),
        ({"traceparent": TRACE[:-1]}, (None, None)),
        ({"traceparent": TRACE + "\n"}, (None, None)),
        ({"traceparent": TRACE.encode()}, (None, None)),
        ({"traceparent": 5}, (None, None)),
        ({"traceparent": TRACE, "tracestate": "x" * 512}, (TRACE, "x" * 512)),
        ({"traceparent": TRACE, "tracestate": "x" * 513}, (TRACE, None)),
        ({"traceparent": TRACE, "tracestate": "nul\0"}, (TRACE, None)),
        ({"traceparent": TRACE, "tracestate": ""}, (TRACE, None)),
        ({"traceparent": "zzz", "tracestate": "vendor=1"}, (None, None)),
        ({}, (None, None)),
        (None, (None, None)),
    ],
    ids=range(15),
)
def test_a_trace_is_carried_on_where_it_is_one(headers: Any, trace: tuple[str | None, str | None]) -> None:
    origin = origin_of(a_delivery(headers=headers))

    assert (origin.traceparent, origin.tracestate) == trace


@pytest.mark.parametrize(
    ("properties", "anonymous"),
    [
        ({}, True),
        ({"message_id": "", "app_id": "", "correlation_id": ""}, True),
        ({"headers": {"traceparent": TRACE, "ce-id": 5}}, True),
        ({"message_id": "m"}, False),
        ({"correlation_id": "c"}, False),
        ({"app_id": "a"}, False),
        ({"headers": {"ce-id": "i"}}, False),
        ({"headers": {"ce-source": "s"}}, False),
        ({"headers": {"ce-correlationid": "c"}}, False),
    ],
    ids=range(9),
)
def test_who_gives_no_id_of_any_kind_is_anonymous(properties: dict[str, Any], *, anonymous: bool) -> None:
    assert is_anonymous(a_delivery(**properties)) is anonymous
