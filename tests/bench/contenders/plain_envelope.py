"""A cart as the command that it is."""

from contracts.wire import CHECKOUT_KEY
from tests.bench.contenders.peer_checkout import SOURCE
from tests.bench.corpus import BenchCart
from worker.amqp.outgoing import Outgoing
from worker.amqp.producer import command_message


def enveloped(cart: BenchCart) -> Outgoing:
    return command_message(cart.body, CHECKOUT_KEY, source=SOURCE, message_id=cart.message_id)
