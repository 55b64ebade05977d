"""Following results over a broker that goes away."""

import asyncio
from pathlib import Path

from tests.support.command_line import CommandLine
from tests.support.eventually import WITHIN_SECONDS
from tests.support.stage import Stage


async def test_following_results_ends_when_the_broker_goes(stage: Stage, tmp_path: Path) -> None:
    command_line = CommandLine({"CHECKOUT_AMQP_URL": stage.broker_url}, tmp_path)
    following = await command_line.start("results", "--count", "1")
    assert following.stderr is not None
    assert b"listening" in await following.stderr.readline()

    await stage.to_broker.refuse()

    async with asyncio.timeout(WITHIN_SECONDS):
        assert await following.wait() == 3
