"""A delivery and the command in it."""

from dataclasses import dataclass

from worker.amqp.delivery import Delivery
from worker.checkout.command import Command


@dataclass(frozen=True, slots=True)
class Received:
    delivery: Delivery
    command: Command
