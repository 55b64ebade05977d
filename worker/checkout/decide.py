"""What a command leads to: (command, situation, catalog) -> decision."""

from contracts.update import UpdateCart
from worker.checkout.catalog import Catalog
from worker.checkout.check_out import check_out
from worker.checkout.command import Command
from worker.checkout.decision import Decision, Repeated, Reused
from worker.checkout.situation import Situation
from worker.checkout.update import update


def decide(command: Command, situation: Situation, catalog: Catalog) -> Decision:
    """Decide one command. Pure: the same arguments lead to the same decision, byte for byte."""
    if situation.earlier is not None:
        same = situation.earlier.content_hash == command.content_hash
        return Repeated(command, situation.earlier.event) if same else Reused(command)
    if isinstance(command.body, UpdateCart):
        return update(command, command.body, situation, catalog)
    return check_out(command, command.body, situation, catalog)
