"""A dead letter is found by the words that it has, and by no others."""

from typing import Any

from tests.support.carts import a_request
from worker.amqp.decode import Limits, read_command
from worker.amqp.header_table import FaithfulProperties
from worker.deadletters.copy import copy_of
from worker.deadletters.letter_file import FORMAT, LetterFile
from worker.deadletters.words import words_of

BODY = a_request("a").body
MOMENT = "2026-01-31T12:00:00Z"
NAMELESS: dict[str, Any] = {
    "format": FORMAT,
    "id": "f00d",
    "code": "not-json",
    "reason": "The body is not JSON",
    "setAsideBy": "broker",
    "exchange": "cart.dead-letters",
    "routingKey": "cart.checkout",
    "source": "storefront",
    "askedAt": MOMENT,
    "firstFailedAt": MOMENT,
    "propertiesBase64": "AAAA",
    "body": "{",
}


def test_an_imported_letter_without_ids_has_no_words_of_them() -> None:
    letter = LetterFile.model_validate(NAMELESS).letter()
    assert sorted(letter.words.split()) == sorted(words_of("not-json The body is cart.checkout storefront"))


def test_a_copy_of_a_letter_without_ids_has_no_words_of_them() -> None:
    limits = Limits(max_bytes=100_000, max_line_items=10)
    letter = {
        "dead_letter_id": "f00d",
        "code": "not-json",
        "reason": "The body is not JSON",
        "set_aside_by": "worker",
        "correlation_id": None,
        "source": "storefront",
        "properties": FaithfulProperties().marshal(),
    }
    copy = copy_of(letter, BODY, "cart.checkout", read_command(BODY, "cart.checkout", limits))
    assert "none" not in copy.words.split()
    assert {"json", "storefront", "checkout", copy.message_id[-12:]} <= set(copy.words.split())
