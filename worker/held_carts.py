"""Commands whose carts somebody else keeps locked: they wait here, unsettled, and all others go on."""

import asyncio
from collections.abc import Sequence
from typing import Final

import structlog

from worker.amqp.consumer import Consumer
from worker.errors import DatabaseUnavailable
from worker.postgres.checkouts import Checkouts
from worker.received import Received
from worker.telemetry import HELD, LogEvent

_LOOK_SECONDS: Final = 5.0

log = structlog.get_logger()


class HeldCarts:
    def __init__(self, consumer: Consumer, checkouts: Checkouts) -> None:
        self._consumer = consumer
        self._checkouts = checkouts
        self._waiting: dict[tuple[str, str], list[Received]] = {}
        self._some = asyncio.Event()
        HELD.set(0)

    def without_known(self, commands: Sequence[Received]) -> list[Received]:
        """Commands whose carts nobody is known to hold; the others are put aside."""
        return self._without(set(self._waiting), commands)

    async def without(self, commands: Sequence[Received]) -> list[Received]:
        """Commands whose carts nobody holds right now; the others are put aside.

        All of them, where the database does not tell: a table that is locked whole is an outage.
        """
        try:
            held = await self._checkouts.held([each.command.cart_key for each in commands])
        except DatabaseUnavailable:
            held = set()
        return self._without(held, commands)

    async def run(self) -> None:
        """When nobody holds a cart any more, hand out its commands again, in their order and first of all."""
        while True:
            await self._some.wait()
            await asyncio.sleep(_LOOK_SECONDS)
            # Others may be put aside meanwhile: of these, nothing was asked.
            asked = set(self._waiting)
            held = await self._checkouts.held(asked)
            for cart in asked - held:
                for each in reversed(self._waiting.pop(cart)):
                    HELD.dec()
                    self._consumer.hand_out_again(each.delivery)
            if not self._waiting:
                self._some.clear()

    def _without(self, held: set[tuple[str, str]], commands: Sequence[Received]) -> list[Received]:
        for each in commands:
            if each.command.cart_key in held:
                self._put_aside(each)
        return [each for each in commands if each.command.cart_key not in held]

    def _put_aside(self, received: Received) -> None:
        customer_id, cart_id = received.command.cart_key
        log.warning(
            LogEvent.HELD,
            message_id=received.command.message_id,
            customer_id=customer_id,
            cart_id=cart_id,
            because="another transaction keeps its row in carts locked",
        )
        self._waiting.setdefault(received.command.cart_key, []).append(received)
        self._consumer.put_aside(received.delivery)
        HELD.inc()
        self._some.set()
