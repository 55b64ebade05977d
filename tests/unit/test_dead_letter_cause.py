"""Who set a message aside, why and when: our headers tell, or the broker's, or neither."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import pytest

from tests.builders import NOW, a_delivery
from worker.amqp.delivery import Delivery
from worker.deadletters.cause import Cause, cause_of

SECOND: Final = timedelta(seconds=1)
DIED: Final = NOW.replace(microsecond=0)
OURS: Final = Cause("worker", "not-json", "The body is not JSON", "cart.checkout", NOW)


def ours(failed_at: datetime | None = NOW) -> dict[str, Any]:
    headers = {"x-dead-letter-code": "not-json", "x-dead-letter-reason": "The body is not JSON"}
    return headers | ({"x-dead-letter-failed-at": failed_at.isoformat()} if failed_at else {})


def a_death(reason: object = "expired", queue: str = "cart.checkout", **more: Any) -> dict[str, Any]:
    return {"reason": reason, "queue": queue, "time": DIED} | more


def a_letter(headers: dict[str, Any], routing_key: str = "cart.checkout") -> Delivery:
    delivery = a_delivery(headers=headers, message_id="m", queue="cart.dead-letters", routing_key=routing_key)
    return replace(delivery, exchange="cart.dead-letters")


def test_our_headers_tell_what_was_wrong_and_the_key_in_which_queue() -> None:
    assert cause_of(a_letter(ours())) == OURS
    assert cause_of(a_letter(ours(), "cart.update")).queue == "cart.update"
    assert cause_of(a_letter(ours(), "cart.chekout")).queue is None


@pytest.mark.parametrize("failed_at", ["9999-99-99T00:00:00Z", "9999-12-31T23:59:59-14:00", "soon", 5, None])
def test_a_time_that_is_none_is_left_out(failed_at: Any) -> None:
    assert cause_of(a_letter(ours() | {"x-dead-letter-failed-at": failed_at})).failed_at is None


def test_a_reason_may_be_missing_and_is_not_too_long_to_be_stored() -> None:
    long = cause_of(a_letter(ours() | {"x-dead-letter-reason": "r" * 9_999}))

    assert len(long.reason) == 4096
    assert cause_of(a_letter({"x-dead-letter-code": "c"})).reason == "No reason is given"


@pytest.mark.parametrize(
    ("word", "code", "said"),
    [
        ("delivery_limit", "delivery-limit", "was delivered more often than the queue allows"),
        ("expired", "expired", "expired in the queue"),
        ("rejected", "rejected", "was rejected by a consumer"),
        ("maxlen", "maxlen", "did not fit into the queue"),
        ("new_word", "new-word", "was set aside"),
    ],
)
def test_the_broker_tells_by_a_word_which_queue_set_it_aside(word: str, code: str, said: str) -> None:
    cause = cause_of(a_letter({"x-death": [a_death(word, "cart.update")]}))

    assert cause == Cause("broker", code, cause.reason, "cart.update", DIED)
    assert cause.reason.startswith(f"The message {said}")
    assert cause.reason.endswith(f": cart.update. It was the broker that set it aside ({word})")


def test_of_several_deaths_the_newest_counts_which_comes_first() -> None:
    deaths = [a_death("delivery_limit"), a_death("expired", "elsewhere")]

    assert cause_of(a_letter({"x-death": deaths})).code == "delivery-limit"


@pytest.mark.parametrize("failed_at", [DIED - SECOND, DIED + SECOND, None], ids=["before", "after", "never"])
def test_what_died_in_a_queue_of_ours_did_so_whatever_else_it_says(failed_at: datetime | None) -> None:
    """A worker leaves out what would say so: its headers are the producer's here."""
    assert cause_of(a_letter(ours(failed_at) | {"x-death": [a_death()]})).code == "expired"


@pytest.mark.parametrize(
    "death",
    [{}, {"reason": "expired"}, a_death(queue="retry-later", time=DIED + 9 * SECOND)],
    ids=["empty", "no-queue", "another-queue"],
)
def test_a_death_that_is_a_producer_s_own_does_not_hide_what_was_wrong(death: dict[str, Any]) -> None:
    """It came with the message: from a queue in which it waited, or made up."""
    assert cause_of(a_letter(ours() | {"x-death": [death]})) == OURS


@pytest.mark.parametrize("deaths", [[], "no list", ["no death"], None], ids=repr)
def test_what_tells_of_no_failure_is_not_taken_for_one(deaths: Any) -> None:
    nothing = cause_of(a_letter({"x-death": deaths, "x-dead-letter-code": ""}))
    odd = cause_of(a_letter({"x-death": deaths, "x-dead-letter-code": [1]}))

    reason = "The message came to the dead letters' exchange with nothing that tells why"
    assert nothing == odd == Cause("broker", "unroutable", reason, None, None)


@pytest.mark.parametrize(
    ("exchange", "key", "said"),
    [
        ("cart.commands", "cart.chekout", "key cart.chekout of the exchange cart.commands"),
        ("", "", "key (none) of the exchange (default)"),
    ],
)
def test_what_no_queue_took_is_unroutable_whatever_it_says_of_itself(
    exchange: str, key: str, said: str
) -> None:
    letter = a_letter(ours() | {"x-death": [a_death()]}, key)

    cause = cause_of(replace(letter, exchange=exchange))

    assert cause == Cause("broker", "unroutable", f"No queue is bound to the routing {said}", None, None)


def test_a_time_of_the_broker_is_told_in_utc() -> None:
    died = cause_of(a_letter({"x-death": [a_death()]})).failed_at

    assert died is not None
    assert died.tzinfo is UTC
