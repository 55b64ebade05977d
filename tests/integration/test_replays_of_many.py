"""Thousands of dead letters of five causes: grouped, filtered and replayed when the causes are cured."""

from collections import Counter
from datetime import UTC, datetime
from typing import Final

from tests.support.archive import archived
from tests.support.broker import CHECKOUT, SOURCE, Broker
from tests.support.carts import Request, a_line, requests
from tests.support.command_line import CommandLine
from tests.support.database import Database
from tests.support.eventually import eventually
from tests.support.in_process import archiving_by, consuming
from tests.support.replays import actions, replayed, states
from worker.settings import Settings

EACH: Final = 400
CAUSES: Final = ("contract-violation", "too-large", "unroutable", "rejected", "unexpected-error")
BREAK: Final = "ALTER TABLE orders ADD CONSTRAINT broken CHECK (order_group <> 'refused')"
CURE: Final = "ALTER TABLE orders DROP CONSTRAINT broken"


async def _publish(broker: Broker, made: list[Request], key: str = CHECKOUT, padding: bytes = b"") -> None:
    for each in made:
        await broker.publish(
            each.body + padding,
            key=key,
            message_id=each.message_id,
            app_id=SOURCE,
            timestamp=datetime.now(UTC),
        )


async def _set_aside(broker: Broker, database: Database, settings: Settings) -> None:
    await _publish(broker, requests(EACH, "a"))
    await broker.reject(EACH)
    await _publish(broker, requests(EACH, "a"), key="cart.chekout")
    await _publish(broker, requests(EACH, "a", "b"))
    await _publish(broker, requests(EACH, "a"), padding=b" " * 4096)
    await _publish(broker, [Request(lines=[a_line("refused")]) for _ in range(EACH)])
    await database.execute(BREAK)
    limits = {"max_line_items": 1, "max_message_bytes": 4096}
    async with consuming(archiving_by(settings).model_copy(update=limits)):
        await archived(database, len(CAUSES) * EACH, within=60)
    await database.execute(CURE)


async def test_all_are_resolved_with_one_set_of_orders(
    broker: Broker, database: Database, settings: Settings, command_line: CommandLine
) -> None:
    await _set_aside(broker, database, settings)
    groups = (await command_line.run("dead-letters", "groups", "--json")).document
    assert {each["code"]: each["count"] for each in groups} == dict.fromkeys(CAUSES, EACH)

    async with consuming(archiving_by(settings)):
        for group in groups[:4]:
            how = (
                "--group",
                group["fingerprint"],
                "--as",
                "cart.checkout",
                "--rate",
                "400",
                "--canary",
                "10",
            )
            ended = await replayed(command_line, *how, "--yes")
            assert (ended.code, len(ended.document["resolved"])) == (0, EACH), ended.err
        rest = await replayed(command_line, "--code", groups[4]["code"], "--as", "cart.checkout", "--yes")
        assert (rest.code, rest.document["sent"]) == (0, EACH), rest.err
        await eventually(broker.ready, lambda count: count == 0)

    assert Counter((await states(database)).values()) == {"resolved": len(CAUSES) * EACH}
    assert await database.count("orders") == (len(CAUSES) + 1) * EACH
    once = "SELECT count(DISTINCT (customer_id, cart_id, order_group)) FROM orders"
    assert await database.value(once) == (len(CAUSES) + 1) * EACH
    assert len(await actions(database, "replayed")) == len(await actions(database, "resolved"))
    assert len(await actions(database, "replayed")) == len(CAUSES) * EACH
