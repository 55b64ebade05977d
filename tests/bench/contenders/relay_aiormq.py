"""The same relay as fast as we know how: on aiormq, since aio-pika's own publish waits for the socket."""

import asyncio

import uvloop
from aiormq import spec
from aiormq.abc import DeliveredMessage

from contracts.wire import CHECKOUT_QUEUE, RESULTS_EXCHANGE
from tests.bench.contenders.peer_settings import PeerSettings
from tests.bench.contenders.relay import KEY
from worker.amqp.connection import connected, open_channel
from worker.amqp.outgoing import PERSISTENT


async def relay(settings: PeerSettings) -> None:
    """Until the process is ended."""
    async with (
        connected(settings.amqp_url, "relay, in") as incoming,
        connected(settings.amqp_url, "relay, out") as outgoing,
    ):
        consuming, publishing = await open_channel(incoming), await open_channel(outgoing)

        async def pass_on(message: DeliveredMessage) -> None:
            properties = spec.Basic.Properties(
                delivery_mode=PERSISTENT,
                content_type="application/json",
                correlation_id=message.header.properties.message_id,
            )
            await publishing.basic_publish(
                message.body,
                exchange=RESULTS_EXCHANGE,
                routing_key=KEY,
                properties=properties,
                mandatory=True,
                wait=False,
            )
            await consuming.basic_ack(message.delivery_tag or 0, wait=False)

        await consuming.basic_qos(prefetch_count=settings.prefetch)
        # A callback is a task of its own, so these overlap.
        await consuming.basic_consume(CHECKOUT_QUEUE, pass_on)
        await asyncio.Event().wait()


if __name__ == "__main__":
    uvloop.run(relay(PeerSettings()))
