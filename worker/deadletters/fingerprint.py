"""What failed in the same way: code and reason of a dead letter without what is particular to one message.

The pattern is the code, then the place and rule that the reason tells: whoever archives may have other limits
than whoever refused the message, and find other violations. Where it tells none, these are of the first
violation or, without any, the reason itself. Indexes of lists are dropped, and of a failure how often it was
tried and by whom; in a reason, what is in quotes, GUIDs, hashes and numbers become `#`, but for an SQLSTATE.
The fingerprint is the first 16 hexadecimal digits of the pattern's SHA-256, so it stays the same over
workers, restarts and versions for as long as the wording of the rule does.
"""

import re
from collections.abc import Sequence
from hashlib import sha256
from typing import Final, TypedDict

from pydantic_core import to_json

from contracts.rejected import Violation

_LONGEST: Final = 300
_DIGITS: Final = 16
_BREAKS: Final = "The command breaks the contract"
_MORE: Final = re.compile(r"(?: \(and (?:at least )?\d+ more\))?\.\Z")
_INDEX: Final = re.compile(r"\[\d+\]")
_QUOTED: Final = re.compile(r"'[^']*'|\"[^\"]*\"")
_TRIES: Final = re.compile(r" \(\d+ (?:try|tries)\)(?:; the log of worker \S+ tells more)?")
_PARTICULAR: Final = re.compile(
    r"\b(?<!\bSQLSTATE )(?:[0-9a-fA-F]{8,}(?:-[0-9a-fA-F]{4,})*|\d[\d.,:]*\d|\d)\b"
)


class Failure(TypedDict):
    """What failed, in members of a dead letter as it is archived."""

    code: str
    reason: str
    violations: str | None
    fingerprint: str
    pattern: str


def failure_of(code: str, reason: str, violations: Sequence[Violation] = ()) -> Failure:
    """With the group that it belongs to."""
    pattern = pattern_of(code, reason, violations)
    return Failure(
        code=code,
        reason=reason,
        violations=to_json(violations).decode() if violations else None,
        fingerprint=fingerprint_of(pattern),
        pattern=pattern,
    )


def pattern_of(code: str, reason: str, violations: Sequence[Violation]) -> str:
    """What dead letters of one group have in common, for people."""
    if told := _told(reason):
        said = _broken(*told)
    elif violations:
        said = _broken(violations[0].path, violations[0].rule)
    else:
        said = _PARTICULAR.sub("#", _QUOTED.sub("#", _INDEX.sub("[]", _TRIES.sub("", reason))))
    return f"{code}: {said}"[:_LONGEST]


def _told(reason: str) -> tuple[str, str] | None:
    """Path and rule, where the reason is the worker's own. That of others may be made to be slow."""
    head, _, rule = reason.partition(": ")
    place = head.removeprefix(_BREAKS)
    if place == head or not rule.endswith(".") or (place and not place.startswith(" at ")):
        return None
    return place.removeprefix(" at "), _MORE.sub("", rule)


def _broken(path: str, rule: str) -> str:
    return f"{_INDEX.sub('[]', path) or 'the message'}: {rule}"


def fingerprint_of(pattern: str) -> str:
    return sha256(pattern.encode()).hexdigest()[:_DIGITS]
