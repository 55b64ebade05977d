"""Hears what the worker publishes, and counts it."""

from collections import Counter

from pydantic_core import from_json

from worker.amqp.subscription import SubscribedEvent, Subscription


class Listener:
    """Counts events by type, and notices copies by their id."""

    def __init__(self, subscription: Subscription) -> None:
        self._subscription = subscription
        self._bodies: dict[str, bytes] = {}
        self.events: Counter[str] = Counter()
        self.orders: Counter[str] = Counter()
        self.copies = 0
        self.differing_copies = 0

    async def next(self) -> SubscribedEvent:
        event = await self._subscription.next()
        if event.message_id in self._bodies:
            self.copies += 1
            self.differing_copies += self._bodies[event.message_id] != event.body
        else:
            self.events[event.type] += 1
            self.orders.update(order["id"] for order in from_json(event.body).get("orders", ()))
        self._bodies[event.message_id] = event.body
        return event
