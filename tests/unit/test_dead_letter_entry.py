"""What the archive makes of a dead letter as it is delivered."""

import json
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Final

import pytest

from contracts.scalars import timestamp
from tests.builders import CART, CUSTOMER, NOW, a_checkout, a_checkout_by_reference, a_delivery, as_body
from worker.amqp.decode import Limits
from worker.deadletters.entry import entry_of
from worker.postgres.dead_letters import DeadLetter

HOUR: Final = timedelta(hours=1)
LIMITS: Final = Limits(1_000_000, 200)
EXPIRED: Final = {"x-death": [{"reason": "expired", "queue": "cart.checkout", "time": NOW - HOUR}]}
FORGED: Final = {"x-dead-letter-id": "forged"}


def ours(code: str = "not-json", **more: Any) -> dict[str, Any]:
    named = {f"x-dead-letter-{name.replace('_', '-')}": value for name, value in more.items()}
    return {"x-dead-letter-code": code, "x-dead-letter-reason": "r"} | named


def entry(
    headers: dict[str, Any], body: bytes = b"{", key: str = "cart.checkout", **delivered: Any
) -> DeadLetter:
    delivery = a_delivery(body, headers=headers, message_id="m", routing_key=key, queue="cart.dead-letters")
    return entry_of(replace(delivery, exchange="cart.dead-letters", **delivered), LIMITS)


def test_a_letter_of_a_worker_has_the_id_that_it_gave_it() -> None:
    assert entry(ours(id="a1" * 32)).dead_letter_id == "a1" * 32


@pytest.mark.parametrize(
    "headers",
    [ours(id=""), ours(id="a" * 65), ours(id="$(reboot)"), ours(id=7), EXPIRED | FORGED],
    ids=["empty", "too-long", "no-hash", "no-text", "of-the-broker"],
)
def test_an_id_that_no_worker_gave_is_made_of_the_message(headers: dict[str, Any]) -> None:
    assert entry(headers).dead_letter_id == entry(ours()).dead_letter_id != entry(ours(), b"[").dead_letter_id


@pytest.mark.parametrize(
    ("headers", "asked", "failed"),
    [
        (ours(first_received=timestamp(NOW - 2 * HOUR), failed_at=timestamp(NOW - HOUR)), -2, -1),
        (ours(first_received=timestamp(NOW + HOUR), failed_at=timestamp(NOW + HOUR)), 0, 0),
        (ours(), 0, 0),
        (EXPIRED, -1, -1),
        (EXPIRED | {"x-dead-letter-first-received": timestamp(NOW - 2 * HOUR)}, -1, -1),
    ],
    ids=["ours", "ahead-of-the-clock", "without-times", "of-the-broker", "forged"],
)
def test_a_message_that_tells_no_time_was_asked_when_it_was_first_seen(
    headers: dict[str, Any], asked: int, failed: int
) -> None:
    found = entry(headers)

    def told(moment: datetime) -> float:
        return (moment - NOW) / HOUR

    assert (told(found.asked_at), told(found.failed_at)) == (asked, failed)


@pytest.mark.parametrize(
    ("headers", "redelivered", "is_repeat"),
    [
        (ours(), True, True),
        (ours(), False, False),
        (ours(failed_at=timestamp(NOW)), True, False),
        (EXPIRED, True, False),
    ],
    ids=["without-a-time", "for-the-first-time", "ours", "of-the-broker"],
)
def test_a_letter_that_tells_no_time_is_one_failure_however_often_it_comes(
    headers: dict[str, Any], *, redelivered: bool, is_repeat: bool
) -> None:
    assert entry(headers, redelivered=redelivered).is_repeat is is_repeat


def test_violations_are_those_of_the_command_whose_queue_it_was_in() -> None:
    body = as_body(a_checkout_by_reference())

    found = entry(ours("contract-violation"), body, "cart.update").violations

    assert [each["path"] for each in json.loads(found or "")] == ["cart"]
    assert entry(ours("contract-violation"), body).violations is None
    assert entry(ours("not-json"), body, "cart.update").violations is None


@pytest.mark.parametrize("code", ["contract-violation", "not-json"])
@pytest.mark.parametrize("lost", [0, 1], ids=["whole", "broken-off"])
def test_customer_and_cart_are_told_whether_the_body_can_be_read_or_not(code: str, lost: int) -> None:
    body = as_body(a_checkout(customerId=CUSTOMER.upper()))

    found = entry(ours(code), body[: len(body) - lost])

    assert (found.customer_id, found.cart_id) == (CUSTOMER, CART)


def test_the_token_of_a_replay_that_failed_comes_along() -> None:
    token = bytes(range(32))
    assert entry(ours() | {"x-replay-token": token.hex()}).replay_token == token
