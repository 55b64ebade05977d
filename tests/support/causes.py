"""Dead letters of five causes that can be cured, each set aside on the real path."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from tests.support.archive import archived
from tests.support.broker import CHECKOUT, SOURCE, Broker, connected_broker
from tests.support.carts import Request, a_line, requests
from tests.support.eventually import eventually
from tests.support.stage import Stage

MISTYPED: Final = "cart.chekout"
WITHIN: Final = 240.0
_REFUSED: Final = "refused"
_BREAK: Final = f"ALTER TABLE orders ADD CONSTRAINT broken CHECK (order_group <> '{_REFUSED}')"
_CURE: Final = "ALTER TABLE orders DROP CONSTRAINT broken"
_WRONG_LIMITS: Final = {"max_line_items": 1, "max_message_bytes": 4096}
_PADDING: Final = b" " * 4096
_DELIVERIES: Final = 2


@dataclass(frozen=True, slots=True)
class Cause:
    """Why messages lie dead: by the code that they get."""

    code: str
    letters: list[Request]
    key: str = CHECKOUT
    padding: bytes = b""

    @property
    def ids(self) -> list[str]:
        return [each.message_id for each in self.letters]

    @property
    def orders(self) -> set[tuple[str, str, str]]:
        """What is to be ordered: customer, cart and group of each."""
        return {(each.customer_id, each.cart_id, group) for each in self.letters for group in each.groups}

    async def send(self, broker: Broker) -> None:
        usual = {"key": self.key, "app_id": SOURCE, "timestamp": datetime.now(UTC)}
        await broker.publish_all(
            {"body": each.body + self.padding, "message_id": each.message_id, **usual}
            for each in self.letters
        )


def five_causes(each: int) -> list[Cause]:
    """With so many messages each; the first is the broker's, for which no worker may run."""
    return [
        Cause("delivery-limit", requests(each, "a")),
        Cause("contract-violation", requests(each, "a", "b")),
        Cause("too-large", requests(each, "a"), padding=_PADDING),
        Cause("unexpected-error", [Request(lines=[a_line(_REFUSED)]) for _ in range(each)]),
        Cause("unroutable", requests(each, "a"), key=MISTYPED),
    ]


async def set_all_aside(stage: Stage, broker: Broker, causes: list[Cause], **worker: object) -> None:
    """Send all, have them archived by a worker of wrong limits on a broken database, and cure everything."""
    limited, *others = causes
    await _exceed_deliveries(stage, broker, limited)
    await stage.database.execute(_BREAK)
    for cause in others:
        await cause.send(broker)
    wrong, _ = await stage.start(**worker, **_WRONG_LIMITS)
    await archived(stage.database, sum(len(each.letters) for each in causes), within=WITHIN)
    assert await wrong.stop() == 0
    await stage.database.execute(_CURE)


async def _exceed_deliveries(stage: Stage, broker: Broker, cause: Cause) -> None:
    """A consumer that takes them all and dies, again and again."""
    count = len(cause.letters)
    await stage.management.limit_deliveries(CHECKOUT, _DELIVERIES)
    try:
        await cause.send(broker)
        for _ in range(_DELIVERIES + 1):
            await eventually(broker.ready, lambda ready: ready >= count, within=WITHIN)
            async with connected_broker(stage.amqp_url) as dying:
                for _ in range(count):
                    await dying.receive()
        await eventually(
            lambda: broker.ready("cart.dead-letters"), lambda ready: ready >= count, within=WITHIN
        )
    finally:
        await stage.management.unlimit_deliveries()
