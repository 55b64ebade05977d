"""A yardstick for the broker's side: consume, publish confirmed, acknowledge, and nothing else.

By aio-pika, as its documentation shows, in one process; each delivery is a task, many are in flight. A worker
does more where carts are small: it publishes and acknowledges many at once.
"""

import asyncio
from typing import Final

import aio_pika
import uvloop
from aio_pika.abc import AbstractIncomingMessage

from contracts.wire import CHECKOUT_QUEUE, RESULTS_EXCHANGE, EventType, event_routing_key
from tests.bench.contenders.peer_checkout import SOURCE
from tests.bench.contenders.peer_settings import PeerSettings

KEY: Final = event_routing_key(EventType.CHECKOUT_COMPLETED, SOURCE)


async def relay(settings: PeerSettings) -> None:
    """Until the process is ended."""
    incoming = await aio_pika.connect_robust(settings.amqp_url)
    outgoing = await aio_pika.connect_robust(settings.amqp_url)
    async with incoming, outgoing:
        consuming, publishing = await incoming.channel(), await outgoing.channel(on_return_raises=True)
        await consuming.set_qos(settings.prefetch)
        queue = await consuming.get_queue(CHECKOUT_QUEUE, ensure=False)
        results = await publishing.get_exchange(RESULTS_EXCHANGE, ensure=False)

        async def pass_on(message: AbstractIncomingMessage) -> None:
            async with message.process():
                event = aio_pika.Message(
                    message.body,
                    content_type="application/json",
                    correlation_id=message.message_id,
                    delivery_mode=aio_pika.DeliveryMode.PERSISTENT,
                )
                await results.publish(event, KEY)

        await queue.consume(pass_on)
        await asyncio.Event().wait()


if __name__ == "__main__":
    uvloop.run(relay(PeerSettings()))
