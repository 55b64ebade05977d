"""How long a flight waits for a broker that says nothing."""

from collections.abc import AsyncIterator

import pytest
from aiormq.channel import Channel

from tests.support.stage import Stage
from worker.amqp import flight
from worker.amqp.connection import connected, open_channel
from worker.amqp.flight import SILENT_LOOKS, Flight
from worker.amqp.header_table import FaithfulProperties
from worker.amqp.outgoing import Outgoing, Receipt

BEFORE = 5
BLOCKED = range(BEFORE + 1, BEFORE + SILENT_LOOKS)


@pytest.fixture
async def channel(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Channel]:
    """To a broker that was frozen; thawed when the test is over."""
    monkeypatch.setattr(flight, "LOOK_SECONDS", 0.02)
    async with connected(stage.amqp_url, "tests") as connection:
        opened = await open_channel(connection)
        await opened.queue_declare("tests.silence", exclusive=True)
        stage.services.rabbitmq.freeze()
        yield opened
        stage.services.rabbitmq.thaw()


def _flight(channel: Channel) -> Flight:
    properties = FaithfulProperties(message_id="m", delivery_mode=2)
    return Flight(channel, [Outgoing("", "tests.silence", b"{}", properties)])


async def test_a_broker_that_says_nothing_for_long_is_not_waited_for(channel: Channel) -> None:
    looks = 0

    async def is_blocked() -> bool:
        nonlocal looks
        looks += 1
        return False

    assert await _flight(channel).fly(is_blocked) == [Receipt.UNKNOWN]
    assert looks == SILENT_LOOKS


async def test_a_broker_has_all_the_time_again_when_its_alarm_is_over(channel: Channel, stage: Stage) -> None:
    looks = 0

    async def is_blocked() -> bool:
        nonlocal looks
        looks += 1
        is_last = looks >= BLOCKED[-1] + SILENT_LOOKS
        if is_last:
            stage.services.rabbitmq.thaw()
        return looks in BLOCKED or is_last

    assert await _flight(channel).fly(is_blocked) == [Receipt.CONFIRMED]
