"""FastStream and asyncpg: `faststream run tests.bench.contenders.faststream_peer:app`.

As its documentation shows: the handler takes the model, FastStream validates it, and acknowledges when the
handler has returned. Messages are handled side by side, as many as the prefetch allows. uvloop and orjson are
installed, and FastStream takes both.
"""

from typing import Annotated, Final

import asyncpg
from faststream import AckPolicy, Context, ContextRepo, FastStream
from faststream.rabbit import Channel, RabbitBroker, RabbitExchange, RabbitQueue
from faststream.rabbit.annotations import RabbitMessage

from contracts.checkout import CheckoutCart
from contracts.wire import CHECKOUT_QUEUE, RESULTS_EXCHANGE
from tests.bench.contenders.peer_asyncpg import open_pool, store
from tests.bench.contenders.peer_checkout import checked_out
from tests.bench.contenders.peer_settings import PeerSettings

settings: Final = PeerSettings()
broker: Final = RabbitBroker(
    settings.amqp_url,
    default_channel=Channel(prefetch_count=settings.prefetch, on_return_raises=True),
    logger=None,
)
app: Final = FastStream(broker, logger=None)
results: Final = broker.publisher(
    exchange=RabbitExchange(RESULTS_EXCHANGE, declare=False), persist=True, mandatory=True
)


@app.on_startup
async def connect_to_database(context: ContextRepo) -> None:
    context.set_global("pool", await open_pool(settings))


@broker.subscriber(RabbitQueue(CHECKOUT_QUEUE, declare=False), ack_policy=AckPolicy.NACK_ON_ERROR)
async def checkout(
    command: CheckoutCart, message: RabbitMessage, pool: Annotated[asyncpg.Pool, Context()]
) -> None:
    event = await store(pool, checked_out(command, message.message_id))
    await results.publish(
        event.body,
        routing_key=event.routing_key,
        message_id=str(event.event_id),
        correlation_id=message.message_id,
        message_type=event.type,
    )
