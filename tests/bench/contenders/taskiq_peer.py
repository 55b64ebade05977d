"""Taskiq and asyncpg: `taskiq worker tests.bench.contenders.taskiq_peer:broker`.

As its documentation shows: a pool in the broker's state, a task that takes the model. A result is published
on a channel of its own, with aio-pika, which Taskiq stands on. Acknowledged is when the task has returned.
"""

from typing import Annotated, Final

import aio_pika
from taskiq import Context, TaskiqDepends, TaskiqEvents, TaskiqState
from taskiq.serializers import ORJSONSerializer
from taskiq_aio_pika import AioPikaBroker, Exchange, Queue

from contracts.checkout import CheckoutCart
from contracts.wire import CHECKOUT_QUEUE, COMMANDS_EXCHANGE, DEAD_LETTERS_QUEUE, RESULTS_EXCHANGE
from tests.bench.contenders.peer_asyncpg import open_pool, store
from tests.bench.contenders.peer_checkout import Event, checked_out
from tests.bench.contenders.peer_settings import PeerSettings

settings: Final = PeerSettings()
broker: Final = AioPikaBroker(
    settings.amqp_url,
    qos=settings.prefetch,
    exchange=Exchange(COMMANDS_EXCHANGE, declare=False),
    task_queues=[Queue(name=CHECKOUT_QUEUE, declare=False)],
    dead_letter_queue=Queue(name=DEAD_LETTERS_QUEUE, declare=False),
).with_serializer(ORJSONSerializer())


@broker.on_event(TaskiqEvents.WORKER_STARTUP)
async def connect(state: TaskiqState) -> None:
    state.pool = await open_pool(settings)
    connection = await aio_pika.connect_robust(settings.amqp_url)
    channel = await connection.channel(publisher_confirms=True, on_return_raises=True)
    state.results = await channel.get_exchange(RESULTS_EXCHANGE, ensure=False)


@broker.task(task_name="checkout")
async def checkout(command: CheckoutCart, context: Annotated[Context, TaskiqDepends()]) -> None:
    message_id = context.message.task_id
    event = await store(context.state.pool, checked_out(command, message_id))
    await context.state.results.publish(message_of(event, message_id), event.routing_key, mandatory=True)


def message_of(event: Event, correlation_id: str) -> aio_pika.Message:
    return aio_pika.Message(
        event.body,
        content_type="application/json",
        delivery_mode=aio_pika.DeliveryMode.PERSISTENT,
        message_id=str(event.event_id),
        correlation_id=correlation_id,
        type=event.type,
    )
