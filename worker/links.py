"""The links of a session to the broker: two connections, consumers and publishers."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Final

from aio_pika.abc import AbstractConnection

from contracts.wire import (
    CHECKOUT_QUEUE,
    DEAD_LETTERS_EXCHANGE,
    DEAD_LETTERS_QUEUE,
    RESULTS_EXCHANGE,
    UPDATE_QUEUE,
)
from worker.amqp.connection import connected, open_channel
from worker.amqp.consumer import Consumer
from worker.amqp.publisher import Publisher
from worker.amqp.topology import require, require_right_to_publish, topology_for
from worker.deadletters import archive as archiving
from worker.settings import Archiving, Settings
from worker.status import Status

# While one waits for the broker and one for the database, the third decides.
PIPELINES: Final = 3


@dataclass(frozen=True, slots=True)
class Links:
    """A consumer of commands, perhaps one of dead letters, and publishers: one a pipeline, and two others."""

    connections: list[AbstractConnection]
    consumer: Consumer
    archive: Consumer | None
    publishers: list[Publisher]
    sweeping: Publisher
    announcing: Publisher

    @property
    def consumers(self) -> list[Consumer]:
        return [self.consumer, *([self.archive] if self.archive else [])]


@asynccontextmanager
async def connected_links(settings: Settings, status: Status) -> AsyncIterator[Links]:
    """Connect both ways. Raises: BrokerUnavailable, TopologyFault."""
    async with (
        # On one connection, an alarm that blocks publishing would block the acknowledgements too.
        connected(settings.amqp, f"{status.worker_id} consume") as consuming,
        connected(settings.amqp, f"{status.worker_id} publish") as publishing,
    ):
        channel = await open_channel(consuming)
        await require(channel, topology_for(channel))
        channels = [await open_channel(publishing) for _ in range(PIPELINES + 2)]
        await require_right_to_publish(channels[0], RESULTS_EXCHANGE, DEAD_LETTERS_EXCHANGE)
        *publishers, sweeping, announcing = map(Publisher, channels)
        consumer = Consumer(
            channel,
            (CHECKOUT_QUEUE, UPDATE_QUEUE),
            prefetch=settings.prefetch,
            batch_size=settings.batch_size,
        )
        archive = None
        if settings.archive is Archiving.ON:
            archive = Consumer(
                await open_channel(consuming),
                (DEAD_LETTERS_QUEUE,),
                prefetch=archiving.PREFETCH,
                batch_size=archiving.PREFETCH,
            )
        yield Links([consuming, publishing], consumer, archive, publishers, sweeping, announcing)
