"""What the broker's x-death makes of a message that the broker set aside."""

from dataclasses import replace

import pytest

from contracts.codes import DeadLetterCode
from tests.builders import a_delivery
from worker.deadletters.cause import Cause, cause_of


def _cause(word: str) -> Cause:
    headers = {"x-death": [{"reason": word, "queue": "cart.update"}]}
    return cause_of(replace(a_delivery(b"{}", headers=headers), exchange="cart.dead-letters"))


@pytest.mark.parametrize("word", ["delivery_limit", "expired", "rejected", "maxlen"])
def test_every_word_of_the_broker_is_a_code_of_the_contract_and_told_in_words(word: str) -> None:
    cause = _cause(word)
    assert (DeadLetterCode(cause.code), cause.queue) == (word.replace("_", "-"), "cart.update")
    assert "was set aside:" not in cause.reason


def test_a_word_that_is_not_known_is_kept() -> None:
    cause = _cause("some_day")
    assert (cause.code, cause.set_aside_by) == ("some-day", "broker")
    assert cause.reason == (
        "The message was set aside: cart.update. It was the broker that set it aside (some_day)"
    )
