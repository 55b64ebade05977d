"""What is wrong with a delivery."""

from dataclasses import dataclass, field

from contracts.codes import DeadLetterCode
from contracts.rejected import Violation


@dataclass(frozen=True, slots=True)
class Malformed:
    """A delivery that leads to no decision: it becomes a dead letter, and whoever asked is told."""

    code: DeadLetterCode | str
    reason: str
    violations: list[Violation] = field(default_factory=list)
    for_operators: str = ""
    """What the reason goes on with in the dead letter; nothing for those who are told by an event."""
