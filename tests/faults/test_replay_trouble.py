"""Replays while a service is away or refuses: nothing is lost, and another run finishes what is left."""

import asyncio
import signal
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from yarl import URL

from tests.support.archive import archived
from tests.support.broker import CHECKOUT, Broker, connected_broker
from tests.support.carts import a_request, requests
from tests.support.causes import Cause
from tests.support.command_line import CommandLine, finished
from tests.support.eventually import eventually
from tests.support.replays import LAPSED, actions, replayed, states
from tests.support.stage import Stage

COUNT = 120
CLAIMED = "SELECT count(*) FROM dead_letter_actions WHERE action = 'replayed'"
SLOWLY = ("dead-letters", "replay", "--yes", "--rate", "60", "--json")


@pytest.fixture
async def broker(stage: Stage) -> AsyncIterator[Broker]:
    async with connected_broker(stage.amqp_url) as connected:
        yield connected


@pytest.fixture
async def cause(stage: Stage, broker: Broker) -> Cause:
    """What a worker with a wrong limit set aside, all archived; no worker runs any more."""
    made = Cause("contract-violation", requests(COUNT, "a", "b"))
    await made.send(broker)
    wrong, _ = await stage.start(archive="on", max_line_items=1)
    await archived(stage.database, COUNT)
    assert await wrong.stop() == 0
    return made


@pytest.fixture
def command_line(stage: Stage, tmp_path: Path) -> CommandLine:
    """Over the lines that can be cut."""
    database = URL(stage.database.url).with_port(stage.to_database.port)
    urls = {"CHECKOUT_AMQP_URL": stage.broker_url, "CHECKOUT_DATABASE_URL": str(database)}
    return CommandLine(urls, tmp_path)


async def _begun(stage: Stage, command_line: CommandLine) -> asyncio.subprocess.Process:
    process = await command_line.start(*SLOWLY)
    await eventually(lambda: stage.database.value(CLAIMED), lambda count: count >= COUNT // 4)
    return process


async def _finish(stage: Stage, command_line: CommandLine, cause: Cause) -> None:
    """A worker and two more runs, the second when all claims of the first one have lapsed."""
    worker, _ = await stage.start(archive="on")
    assert (await replayed(command_line, "--yes")).code == 0
    await stage.database.execute(LAPSED)
    assert (await replayed(command_line, "--yes")).code == 0
    assert await states(stage.database) == dict.fromkeys(cause.ids, "resolved")
    assert await worker.stop() == 0
    orders = await stage.database.rows("SELECT customer_id::text, cart_id::text, order_group FROM orders")
    assert len(orders) == len(cause.orders)
    assert {tuple(order.values()) for order in orders} == cause.orders


async def test_a_database_that_goes_away_ends_a_replay_and_another_run_finishes(
    stage: Stage, command_line: CommandLine, cause: Cause
) -> None:
    process = await _begun(stage, command_line)
    await stage.to_database.refuse()
    ended = await finished(process)
    assert ended.code == 4
    assert " replayed" in ended.err
    await stage.to_database.mend()
    claimed = await stage.database.value(CLAIMED)
    assert claimed < COUNT
    await _finish(stage, command_line, cause)


async def test_a_broker_that_goes_away_ends_a_replay_and_another_run_finishes(
    stage: Stage, command_line: CommandLine, cause: Cause
) -> None:
    process = await _begun(stage, command_line)
    await stage.to_broker.refuse()
    ended = await finished(process)
    assert ended.code == 3
    assert " replayed" in ended.err
    await stage.to_broker.mend()
    assert await stage.database.value(CLAIMED) < COUNT
    await _finish(stage, command_line, cause)


async def test_a_full_queue_stops_a_replay_and_what_it_refuses_is_as_before(
    stage: Stage, command_line: CommandLine, cause: Cause, broker: Broker
) -> None:
    await stage.management.limit_length(CHECKOUT, 20)
    try:
        full = await replayed(command_line, "--yes", "--rate", "100", "--wait", "1")
    finally:
        await stage.management.unlimit_length()
    assert full.code == 1
    assert full.document["stopped"]
    sent, refused = full.document["sent"], len(full.document["notTaken"])
    assert await broker.ready() == sent > 0
    assert sent + refused < COUNT
    assert len(await actions(stage.database, "lapsed")) == refused
    known = list((await states(stage.database)).values())
    assert (known.count("replaying"), known.count("parked")) == (sent, COUNT - sent)
    await _finish(stage, command_line, cause)


async def test_ctrl_c_ends_a_replay_that_waits(stage: Stage, command_line: CommandLine, cause: Cause) -> None:
    """All are sent and no worker runs: what waits for outcomes can be left at any time."""
    process = await command_line.start("dead-letters", "replay", "--yes", "--wait", "600")
    await eventually(lambda: stage.database.value(CLAIMED), lambda count: count == COUNT)
    process.send_signal(signal.SIGINT)
    ended = await finished(process)
    assert ended.code == 130
    assert f"{COUNT} replayed: {COUNT} without an outcome yet" in ended.err
    await _finish(stage, command_line, cause)


@pytest.mark.usefixtures("cause")
async def test_an_alarm_of_the_broker_ends_what_would_publish_before_anything_is_sent(
    stage: Stage, command_line: CommandLine, broker: Broker
) -> None:
    file = command_line.file("cart.json", a_request("a").body)
    async with stage.alarm():
        ended = await asyncio.gather(
            command_line.run("dead-letters", "replay", "--yes", "--wait", "3"),
            command_line.run("submit", file),
        )
    assert [each.code for each in ended] == [3, 3]
    assert all("blocks publishing, so nothing was sent" in each.err for each in ended)
    assert set((await states(stage.database)).values()) == {"parked"}
    assert (await broker.ready(), await actions(stage.database, "replayed")) == (0, [])
