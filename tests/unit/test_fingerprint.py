"""What failed in the same way has one fingerprint, whichever message it was."""

from dataclasses import replace

import pytest

from contracts.reader import UnreadableError, read_checkout
from contracts.rejected import Violation
from tests.builders import a_delivery
from tests.support.carts import Request, a_line
from worker.amqp.decode import Limits
from worker.deadletters.entry import entry_of
from worker.deadletters.fingerprint import fingerprint_of, pattern_of
from worker.deadletters.words import query_of, words_of


def _pattern(path: str, rule: str = "Input should be at most 1") -> str:
    return pattern_of("contract-violation", "not looked at", [Violation(path=path, rule=rule)])


def test_a_violation_is_known_by_its_place_without_indexes_and_its_rule() -> None:
    pattern = _pattern("cart.lineItems[7].addonItems[0].quantity")
    assert pattern == (
        "contract-violation: cart.lineItems[].addonItems[].quantity: Input should be at most 1"
    )
    assert pattern == _pattern("cart.lineItems[12].addonItems[3].quantity")
    assert pattern != _pattern("cart.lineItems[7].quantity")


@pytest.mark.parametrize(
    ("body", "limit"),
    [
        (b"[]", 200),
        (b'{"customerId": 1}', 200),
        (Request().body, 1),
        (Request(customer_id="nobody").body, 200),
        (Request([a_line("a", provisioningContext={"a key": 1}), a_line("a")]).body, 200),
    ],
    ids=["whole", "members", "lines", "other-than-lines", "key-with-a-space"],
)
def test_a_failure_has_one_group_whatever_limits_whoever_archives_has(body: bytes, limit: int) -> None:
    with pytest.raises(UnreadableError) as refused:
        read_checkout(body, max_line_items=limit)
    error = refused.value
    headers = {"x-dead-letter-code": str(error.code), "x-dead-letter-reason": error.reason}
    delivery = replace(a_delivery(body, headers=headers), exchange="cart.dead-letters")

    letters = [entry_of(delivery, Limits(1_000_000, most)) for most in (1, 200)]

    assert {letter.pattern for letter in letters} == {
        pattern_of(error.code, "not looked at", error.violations)
    }


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (
            "The body has 1048577 bytes; at most 1048576 are read.",
            "The body has 1 bytes; at most 2 are read.",
        ),
        ("byte 9 cannot be decoded", "byte 4711 cannot be decoded"),
        ("expected value at line 1 column 20", "expected value at line 200 column 3"),
        ("of 0a1b2c3d-0000-4000-8000-0123456789ab", "of 3e8a2f4c-1b5d-4c6e-9f70-8a9b0c1d2e3f"),
        ("no member 'a b'", 'no member "c"'),
    ],
)
def test_what_is_particular_in_a_reason_makes_no_difference(one: str, other: str) -> None:
    assert pattern_of("not-json", one, []) == pattern_of("not-json", other, [])


REFUSED = "PostgreSQL refuses it: SQLSTATE {} ({}); the log of worker {} tells more"


def test_a_failure_has_one_group_whoever_tried_it_and_however_often() -> None:
    tries = (("1 try", "a-7-0f"), ("3 tries", "b"))
    reasons = [REFUSED.format("23514 CheckViolationError broken", *each) for each in tries]
    assert {pattern_of("unexpected-error", each, []) for each in reasons} == {
        "unexpected-error: PostgreSQL refuses it: SQLSTATE 23514 CheckViolationError broken"
    }


def test_states_and_constraints_of_postgresql_are_told_apart() -> None:
    states = ("23514 Error one", "23514 Error other", "22003 Error", "22012 Error", "22P05 Error")
    patterns = [pattern_of("unexpected-error", REFUSED.format(each, "1 try", "w"), []) for each in states]
    assert len(set(patterns)) == len(states)


def test_a_bug_is_known_by_its_place_whatever_the_line_of_a_version() -> None:
    one, other = (f"KeyError at worker/links.py:{line} (f) (3 tries)" for line in (7, 12))
    assert pattern_of("c", one, []) == pattern_of("c", other, []) == "c: KeyError at worker/links.py:# (f)"


def test_another_code_and_other_words_are_another_group() -> None:
    patterns = [pattern_of(code, reason, []) for code in ("a", "b") for reason in ("one way", "another way")]
    assert len({fingerprint_of(each) for each in patterns}) == 4


def test_a_fingerprint_never_changes() -> None:
    """Operators keep them in notes and scripts."""
    assert fingerprint_of("not-json: The body is not JSON") == "eb76c2db9c13ae39"


def test_words_are_found_in_any_case_and_behind_the_escapes_of_json() -> None:
    assert words_of(r'{"friendlyName": "K\u00c4SE\nund Brot", "id": "A-1_2"}') == [
        "friendlyname",
        "käse",
        "und",
        "brot",
        "id",
        "a",
        "1",
        "2",
    ]
    assert query_of("Käse & Brot | ') käse") == "'käse' & 'brot'"
    assert query_of(" - ") is None


def test_so_many_words_of_so_much_text_are_kept_and_so_much_of_each() -> None:
    assert words_of("x" * 100) == words_of("x" * 64) == ["x" * 64]
    assert len(words_of(" ".join(map(str, range(4_000))))) == 3_000
    assert words_of(" " * 65_535 + "ab") == ["a"]
