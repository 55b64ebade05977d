"""From a delivery to a command, or to what is wrong with it."""

from dataclasses import dataclass

from aiormq import spec

from contracts.checkout import CheckoutCart
from contracts.codes import DeadLetterCode
from contracts.reader import UnreadableError, read_checkout, read_update
from contracts.rejected import Violation
from contracts.update import UpdateCart
from contracts.wire import UPDATE_QUEUE
from worker.amqp.delivery import Delivery
from worker.amqp.envelope import asked_at, message_id_of, origin_of, replay_token, user_of
from worker.amqp.frame_shield import UndecodableProperties
from worker.amqp.malformed import Malformed
from worker.checkout.command import Command, cart_id_of
from worker.checkout.content import command_hash


@dataclass(frozen=True, slots=True)
class Limits:
    max_bytes: int
    max_line_items: int


def decode(delivery: Delivery, limits: Limits) -> Command | Malformed:
    """The command that a delivery carries; its queue tells which."""
    if isinstance(delivery.properties, UndecodableProperties):
        return Malformed(DeadLetterCode.UNDECODABLE_FRAME, delivery.properties.reason)
    try:
        _check_ids(delivery.properties)
        body = read_command(delivery.body, delivery.queue, limits)
    except UnreadableError as error:
        return Malformed(error.code, error.reason, error.violations)
    message_id = message_id_of(delivery)
    return Command(
        message_id=message_id,
        content_hash=command_hash(body),
        body=body,
        cart_id=cart_id_of(body, message_id),
        asked=asked_at(delivery),
        received=delivery.received,
        origin=origin_of(delivery),
        user=user_of(delivery.properties),
        replay_token=replay_token(delivery.properties),
    )


def read_command(body: bytes, queue: str, limits: Limits) -> CheckoutCart | UpdateCart:
    """The command of this queue, whose name is its routing key as well. Raises: UnreadableError."""
    read = read_update if queue == UPDATE_QUEUE else read_checkout
    return read(body, max_bytes=limits.max_bytes, max_line_items=limits.max_line_items)


def _check_ids(properties: spec.Basic.Properties) -> None:
    for name in ("message_id", "correlation_id"):
        if "\x00" in (getattr(properties, name) or ""):
            raise UnreadableError(
                DeadLetterCode.CONTRACT_VIOLATION,
                f"The property {name} holds a NUL character.",
                [Violation(path=name, rule="Text should hold no NUL character")],
            )
