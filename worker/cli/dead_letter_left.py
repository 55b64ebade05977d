"""Why dead letters that were meant are left as they are."""

from collections.abc import Sequence
from typing import Final

from worker.cli.dead_letter_choice import Choice
from worker.cli.output import counted, errors, moment, safe
from worker.postgres.replays import Held

_SHOWN: Final = 20


def print_left(choice: Choice) -> None:
    """Why what was meant is not among those that are chosen, or that nothing was."""
    _print_problems(choice)
    _print_held(choice.held)
    if not (choice.letters or choice.problems or choice.held):
        errors.print("no dead letters match")


def _print_held(held: Sequence[Held]) -> None:
    for each in held:
        whose = f"skipped {each.letters:,}, which {safe(each.claimed_by)} is replaying"
        until = f"those without an outcome can be replayed again from {moment(each.until)} UTC"
        errors.print(f"{whose}; {until}")


def _print_problems(choice: Choice) -> None:
    """Of each kind the first, or how many; ids come from messages, and must not steer a terminal."""
    kinds: dict[str, list[str]] = {}
    for each in choice.problems:
        kinds.setdefault(each.problem, []).append(each.name)
    for problem, names in kinds.items():
        # Whom a filter found, nobody looks for by name.
        shown = _SHOWN if choice.is_named or len(names) == 1 else 0
        for name in names[:shown]:
            errors.print(f"{safe(name) or '(empty)'}: {safe(problem)}")
        if (left := len(names) - shown) > 0:
            what = f"{left:,} more" if shown else counted(left, "dead letter")
            errors.print(f"{what}: {safe(problem)}")
