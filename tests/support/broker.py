"""RabbitMQ as producers, subscribers and operators see it: by AMQP, without any code of the worker."""

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Any, Final

import aiormq
from aiormq import spec
from aiormq.abc import AbstractChannel, AbstractConnection, DeliveredMessage, FieldTable

from tests.support.carts import Request
from tests.support.eventually import WITHIN_SECONDS, eventually

CHECKOUT: Final = "cart.checkout"
DEAD_LETTERS: Final = "cart.dead-letters"
UPDATE: Final = "cart.update"
QUEUES: Final = (CHECKOUT, UPDATE, DEAD_LETTERS)
SOURCE: Final = "storefront-eu"


@dataclass(frozen=True, slots=True)
class Message:
    """A message that arrived, with everything that came with it."""

    routing_key: str
    properties: spec.Basic.Properties
    body: bytes

    @property
    def id(self) -> str:
        return self.properties.message_id or ""

    @property
    def headers(self) -> dict[str, Any]:
        return dict(self.properties.headers or {})

    @property
    def everything(self) -> tuple[object, ...]:
        """To compare copies by."""
        properties = {name: getattr(self.properties, name) for name in self.properties.__slots__}
        return self.routing_key, sorted(map(str, properties.items())), self.body


class Subscriber:
    """What one binding hears, in order of arrival."""

    def __init__(self) -> None:
        self.messages: list[Message] = []

    async def until(self, count: int, within: float = WITHIN_SECONDS) -> list[Message]:
        """Wait until at least so many have come."""

        async def arrived() -> int:
            return len(self.messages)

        await eventually(arrived, lambda there: there >= count, within=within)
        return self.messages

    async def until_ids(self, count: int, within: float = WITHIN_SECONDS) -> list[Message]:
        """Wait until so many different events have come."""

        async def arrived() -> int:
            return len({each.id for each in self.messages})

        await eventually(arrived, lambda there: there >= count, within=within)
        return self.messages

    async def on_message(self, message: DeliveredMessage) -> None:
        self.messages.append(_message(message))


class Broker:
    """One connection with one channel in confirm mode."""

    def __init__(self, connection: AbstractConnection, channel: AbstractChannel) -> None:
        self._connection = connection
        self._channel = channel

    async def submit(self, *requests: Request, source: str | None = SOURCE, key: str = CHECKOUT) -> None:
        """Publish checkouts, or with another key updates, all at once; wait until the broker has them."""
        now = datetime.now(UTC)
        await asyncio.gather(
            *(
                self.publish(each.body, key=key, message_id=each.message_id, app_id=source, timestamp=now)
                for each in requests
            )
        )

    async def publish_all(self, messages: Iterable[dict[str, Any]]) -> None:
        """Publish messages, each given as the arguments of `publish`, all at once."""
        await asyncio.gather(*(self.publish(**each) for each in messages))

    async def publish(
        self, body: bytes, *, key: str = CHECKOUT, exchange: str = "cart.commands", **properties: Any
    ) -> None:
        """Publish a persistent message. Without a message id the driver makes one up."""
        await self.send(body, spec.Basic.Properties(delivery_mode=2, **properties), key, exchange)

    async def send(
        self,
        body: bytes,
        properties: spec.Basic.Properties,
        key: str = CHECKOUT,
        exchange: str = "cart.commands",
    ) -> None:
        answer = await self._channel.basic_publish(
            body, exchange=exchange, routing_key=key, properties=properties, mandatory=True, timeout=10
        )
        assert isinstance(answer, spec.Basic.Ack), answer

    async def ready(self, queue: str = CHECKOUT) -> int:
        """How many messages wait, those at a consumer not counted."""
        return (await self._declared(queue)).message_count or 0

    async def consumers(self, queue: str = CHECKOUT) -> int:
        return (await self._declared(queue)).consumer_count or 0

    async def purge(self, *more: str) -> None:
        """Empty all queues, when the consumers of earlier tests are gone and what they held is back."""
        for queue in (*QUEUES, *more):
            await eventually(partial(self.consumers, queue), lambda count: count == 0)
            await self._channel.queue_purge(queue)

    async def subscribe(self, key: str = "#", exchange: str = "checkout.results") -> Subscriber:
        subscriber = Subscriber()
        queue = (await self._channel.queue_declare(exclusive=True, auto_delete=True)).queue or ""
        await self._channel.queue_bind(queue, exchange, key)
        await self._channel.basic_consume(queue, subscriber.on_message, no_ack=True)
        return subscriber

    async def keep_events(self, queue: str, kind: str = "quorum", key: str = "#") -> None:
        """Have all events kept in a queue that outlives this connection, and the broker."""
        await self._channel.queue_declare(queue, durable=True, arguments={"x-queue-type": kind})
        await self._channel.queue_bind(queue, "checkout.results", key)

    async def refuse_events(self, queue: str, key: str) -> None:
        """Bind a queue that is full and refuses whatever comes."""
        limits: FieldTable = {"x-queue-type": "quorum", "x-max-length": 1, "x-overflow": "reject-publish"}
        await self._channel.queue_declare(queue, durable=True, arguments=limits)
        await self._channel.queue_bind(queue, "checkout.results", key)

        async def refused() -> bool:
            try:
                await self._channel.basic_publish(b"", routing_key=queue, timeout=10)
            except aiormq.exceptions.DeliveryError:
                return True
            return False

        await eventually(refused)

    async def give_up(self, queue: str) -> None:
        await self._channel.queue_delete(queue)

    async def take_away(self, exchange: str) -> None:
        """Delete an exchange with all its bindings."""
        await self._channel.exchange_delete(exchange)

    async def keep_message(self, queue: str, body: bytes) -> None:
        """Put a message into a durable queue, past any exchange that has to be made first."""
        await self._channel.queue_declare(queue, durable=True)
        await self.publish(body, exchange="", key=queue)

    async def kept_events(self, queue: str) -> list[Message]:
        """Take all events that were kept, and give the queue up."""
        taken = await self.take_all(queue)
        await self._channel.queue_delete(queue)
        return taken

    async def take_all(self, queue: str) -> list[Message]:
        count = await self.ready(queue)
        return [_message(await self._channel.basic_get(queue, no_ack=True)) for _ in range(count)]

    async def receive(self, queue: str = CHECKOUT) -> None:
        """Have a message delivered and never settle it: it is delivered again when this connection ends."""
        delivered = await self._channel.basic_get(queue, no_ack=False, timeout=10)
        assert isinstance(delivered.delivery, spec.Basic.GetOk)

    async def give_back(self, queue: str, count: int) -> None:
        """Have messages delivered and return them: their next delivery is not the first."""
        taken = [await self._channel.basic_get(queue, no_ack=False, timeout=10) for _ in range(count)]
        for each in taken:
            assert isinstance(each.delivery, spec.Basic.GetOk), "there are fewer messages"
            await self._channel.basic_nack(each.delivery.delivery_tag or 0, requeue=True)

    async def exceed_delivery_limit(self, queue: str) -> None:
        """Return the one message of a queue until the broker sets it aside."""
        while isinstance((await self._channel.basic_get(queue, timeout=10)).delivery, spec.Basic.GetOk):
            await self._channel.basic_recover(requeue=True)

    async def reject(self, count: int, queue: str = CHECKOUT) -> None:
        """Have the broker set messages aside, as a consumer that wants none of them."""
        for _ in range(count):
            taken = await self._channel.basic_get(queue, no_ack=False)
            assert isinstance(taken.delivery, spec.Basic.GetOk)
            await self._channel.basic_reject(taken.delivery.delivery_tag or 0, requeue=False)

    async def dead_letters(self, count: int) -> list[Message]:
        """Take so many dead letters out of their queue, and no more than there should be."""
        await eventually(lambda: self.ready(DEAD_LETTERS), lambda there: there >= count)
        taken = [await self._channel.basic_get(DEAD_LETTERS, no_ack=True) for _ in range(count)]
        assert await self.ready(DEAD_LETTERS) == 0, "there are more dead letters"
        return [_message(each) for each in taken]

    async def make_queue(self, queue: str, arguments: FieldTable) -> None:
        await self._channel.queue_declare(queue, durable=True, arguments=arguments)

    async def empty(self, queue: str) -> int:
        """Purge a queue; how many messages that were not at a consumer."""
        return (await self._channel.queue_purge(queue)).message_count or 0

    async def return_one(self, queue: str) -> None:
        """Take a message and give it back, as a consumer that fails."""
        message = await self._channel.basic_get(queue)
        await self._channel.basic_nack(message.delivery_tag or 0, requeue=True)

    async def bind(self, queue: str, exchange: str, key: str = "") -> None:
        await self._channel.queue_bind(queue, exchange, key)

    async def unbind(self, queue: str, exchange: str, key: str = "") -> None:
        await self._channel.queue_unbind(queue, exchange, key)

    async def _declared(self, queue: str) -> spec.Queue.DeclareOk:
        return await self._channel.queue_declare(queue, passive=True, timeout=10)


@asynccontextmanager
async def connected_broker(url: str) -> AsyncIterator[Broker]:
    connection = await aiormq.connect(url)
    try:
        yield Broker(connection, await connection.channel(publisher_confirms=True))
    finally:
        await connection.close()


def distinct(messages: Iterable[Message]) -> dict[str, Message]:
    """Events by id; copies of one event have to be the same in everything."""
    found: dict[str, Message] = {}
    for each in messages:
        first = found.setdefault(each.id, each)
        assert first.everything == each.everything, f"copies of event {each.id} differ"
    return found


def _message(message: DeliveredMessage) -> Message:
    assert message.header is not None
    return Message(message.routing_key or "", message.header.properties, message.body)
