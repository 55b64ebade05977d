"""A subscriber of events, as downstream services have one: for the command line, the demo and the tests."""

import asyncio
from typing import Any, Final, NamedTuple

from aiormq.abc import DeliveredMessage
from aiormq.channel import Channel
from pydantic_core import from_json

from contracts.wire import RESULTS_EXCHANGE
from worker.amqp.connection import RPC_SECONDS, translated
from worker.errors import BrokerUnavailable

EVERYTHING: Final = "#"


class SubscribedEvent(NamedTuple):
    routing_key: str
    message_id: str
    correlation_id: str
    type: str
    headers: dict[str, Any]
    body: bytes

    def document(self) -> dict[str, Any]:
        """The event with its body parsed."""
        return {
            "routingKey": self.routing_key,
            "messageId": self.message_id,
            "correlationId": self.correlation_id,
            "type": self.type,
            "headers": self.headers,
            "body": self._parsed(),
        }

    def _parsed(self) -> Any:
        """Others may publish here too: what is no JSON is shown as text."""
        try:
            return from_json(self.body)
        except ValueError:
            return self.body.decode(errors="replace")


class Subscription:
    """Hears events from the moment it is opened; its queue goes with its connection."""

    def __init__(self) -> None:
        self._events: asyncio.Queue[SubscribedEvent | None] = asyncio.Queue()

    async def open(self, channel: Channel, binding_key: str = EVERYTHING) -> None:
        with translated():
            queue = await channel.queue_declare(exclusive=True, auto_delete=True, timeout=RPC_SECONDS)
            name = queue.queue or ""
            await channel.queue_bind(name, RESULTS_EXCHANGE, binding_key, timeout=RPC_SECONDS)
            channel.closing.add_done_callback(lambda _: self._events.put_nowait(None))
            await channel.basic_consume(name, self._on_message, no_ack=True, timeout=RPC_SECONDS)

    async def next(self) -> SubscribedEvent:
        """The next event. Raises: BrokerUnavailable when there will be none."""
        event = await self._events.get()
        if event is None:
            self._events.put_nowait(None)
            raise BrokerUnavailable("The connection to the broker is lost")
        return event

    async def _on_message(self, message: DeliveredMessage) -> None:
        properties = message.header.properties
        self._events.put_nowait(
            SubscribedEvent(
                routing_key=message.routing_key or "",
                message_id=properties.message_id or "",
                correlation_id=properties.correlation_id or "",
                type=properties.message_type or "",
                headers=properties.headers or {},
                body=message.body,
            )
        )
