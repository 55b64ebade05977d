"""What a command leads to: (command, situation, catalog) -> decision."""

from typing import Final

from contracts.update import UpdateCart
from worker.checkout.catalog import Catalog
from worker.checkout.check_out import check_out
from worker.checkout.command import Command
from worker.checkout.decision import Decision, Oversized, Repeated, Reused
from worker.checkout.situation import Situation
from worker.checkout.update import update

MAX_EVENT_BYTES: Final = 1_900_000
"""The broker's limit of 2 MiB, with room for what it counts beside the body."""


def decide(command: Command, situation: Situation, catalog: Catalog) -> Decision:
    """Decide one command. Pure: the same arguments lead to the same decision, byte for byte."""
    if situation.earlier is not None:
        same = situation.earlier.content_hash == command.content_hash
        return Repeated(command, situation.earlier.event) if same else Reused(command)
    if isinstance(command.body, UpdateCart):
        decided = update(command, command.body, situation, catalog)
    else:
        decided = check_out(command, command.body, situation, catalog)
    size = len(decided.event.body)
    return decided if size <= MAX_EVENT_BYTES else Oversized(command, size)
