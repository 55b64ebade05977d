"""Every code that can be met, from the tables that the worker decides by."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from contracts.codes import CartErrorCode, DeadLetterCode, OrderErrorCode
from worker.checkout.rules import (
    EXPIRED,
    NO_SUCH_CART,
    OTHER_CONTENT,
    OTHER_VERSION,
    OUTCOMES,
    RULES,
    LineRule,
)
from worker.documents.advice import DEAD_LETTERS, LINE_ADVICE, ORDER_ADVICE

BEFORE_THE_RULES: Final = (OTHER_VERSION, NO_SUCH_CART, OTHER_CONTENT, EXPIRED)
"""What stands before every rule, in its order: the first two are about the whole cart."""


@dataclass(frozen=True, slots=True)
class Code:
    """A code on the wire: the names that it has, what is wrong, and what to do."""

    code: int | str
    name: str
    what: str
    advice: str


def order_codes() -> list[Code]:
    """Of a group, or of a whole cart. Raises: KeyError for a rule whose code nobody has explained."""
    found = _joined((each.group_code, each.what) for each in (*RULES, *OUTCOMES))
    return [
        Code(code, OrderErrorCode(code).name, what, ORDER_ADVICE[OrderErrorCode(code)])
        for code, what in found
    ]


def line_codes() -> list[Code]:
    """Of a line. Raises: KeyError for a rule whose code nobody has explained."""
    rules = (each for each in RULES if isinstance(each, LineRule))
    found = _joined((each.line_code, each.what) for each in rules if each.line_code is not None)
    return [
        Code(code, CartErrorCode(code).name, what, LINE_ADVICE[CartErrorCode(code)]) for code, what in found
    ]


def dead_letter_codes() -> list[Code]:
    return [Code(str(code), code.name, *DEAD_LETTERS[code]) for code in DeadLetterCode]


def rules_in_order() -> Iterator[tuple[str, str]]:
    """What is looked at and its codes; the first that fails names the group's."""
    for each in BEFORE_THE_RULES:
        yield each.what, f"- / {each.group_code}"
    for rule in RULES:
        line = (rule.line_code or "as it was") if isinstance(rule, LineRule) else "-"
        yield rule.what, f"{line} / {rule.group_code}"


def _joined(pairs: Iterable[tuple[int, str]]) -> list[tuple[int, str]]:
    """All that leads to each code, by code."""
    found: dict[int, list[str]] = {}
    for code, what in pairs:
        found.setdefault(int(code), []).append(what)
    return [(code, "; ".join(whats)) for code, whats in sorted(found.items())]
