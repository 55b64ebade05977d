"""Flights: messages that are published at once, and what the broker says of each."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import pytest
from aiormq import spec
from aiormq.abc import FieldTable
from aiormq.channel import Channel

from tests.support.eventually import eventually
from tests.support.services import Addresses
from worker.amqp.connection import connected, open_channel
from worker.amqp.header_table import FaithfulProperties
from worker.amqp.outgoing import Outgoing, Receipt
from worker.amqp.publisher import Publisher

CONFIRMED, RETURNED, REFUSED, UNKNOWN = Receipt


@pytest.fixture
async def channel(services: Addresses) -> AsyncIterator[Channel]:
    async with connected(services.amqp_url, "tests") as connection:
        yield await open_channel(connection)


async def _queue(channel: Channel, arguments: FieldTable | None = None) -> str:
    return (await channel.queue_declare(exclusive=True, arguments=arguments)).queue or ""


async def _bodies(channel: Channel, queue: str) -> list[bytes]:
    found: list[bytes] = []
    while not isinstance((got := await channel.basic_get(queue, no_ack=True)).delivery, spec.Basic.GetEmpty):
        found.append(got.body)
    return found


def _message(queue: str, message_id: int | str, body: bytes = b"{}") -> Outgoing:
    properties = FaithfulProperties(message_id=str(message_id), delivery_mode=2)
    return Outgoing("", queue, body, properties)


async def test_each_message_has_the_word_that_the_broker_said_of_it(channel: Channel) -> None:
    queue = await _queue(channel)
    full = await _queue(channel, {"x-max-length": 0, "x-overflow": "reject-publish"})
    places = [(queue, CONFIRMED), ("no queue", RETURNED), (full, REFUSED)] * 40

    receipts = await Publisher(channel).publish(
        [_message(place, number) for number, (place, _) in enumerate(places)]
    )
    assert receipts == [expected for _, expected in places]
    assert len(await _bodies(channel, queue)) == 40


async def test_bodies_of_any_size_arrive_whole_and_in_order(channel: Channel) -> None:
    queue = await _queue(channel)
    sizes = [0, 1, 131_064, 131_065, 262_128, 600_000, 5, 1_900_000, 300_000, 2]
    bodies = [bytes([65 + number]) * size for number, size in enumerate(sizes)]

    receipts = await Publisher(channel).publish(
        [_message(queue, number, body) for number, body in enumerate(bodies)]
    )
    assert set(receipts) == {CONFIRMED}
    assert await _bodies(channel, queue) == bodies


async def test_messages_of_one_id_each_get_their_own_word(channel: Channel) -> None:
    queue = await _queue(channel)
    places = ["no queue", queue, queue, "no queue"]

    receipts = await Publisher(channel).publish([_message(place, "same") for place in places])
    assert receipts == [RETURNED, CONFIRMED, CONFIRMED, RETURNED]


async def test_flights_on_one_channel_do_not_mistake_each_other_s_confirmations(channel: Channel) -> None:
    queue, publisher = await _queue(channel), Publisher(channel)
    places = ["no queue" if number % 3 else queue for number in range(30)]

    flights = await asyncio.gather(
        *(
            publisher.publish([_message(place, f"{place}-{flight}")] * 5)
            for flight, place in enumerate(places)
        )
    )
    expected = {"no queue": RETURNED, queue: CONFIRMED}
    assert flights == [[expected[place]] * 5 for place in places]


async def test_a_flight_that_is_given_up_leaves_the_channel_in_order(channel: Channel) -> None:
    queue, publisher = await _queue(channel), Publisher(channel)
    for steps in range(12):
        given_up = asyncio.create_task(
            publisher.publish([_message(queue, number, b"x" * 200_000) for number in range(30)])
        )
        for _ in range(steps):
            await asyncio.sleep(0)
        given_up.cancel()
        places = [queue, "no queue"]
        again = await publisher.publish([_message(place, f"again-{place}") for place in places])
        assert again == [CONFIRMED, RETURNED]

    async def books() -> list[object]:
        return [*channel.confirmations, *channel.message_id_delivery_tag]

    await eventually(books, lambda left: not left)


async def test_a_channel_that_is_closed_says_nothing(channel: Channel) -> None:
    queue, publisher = await _queue(channel), Publisher(channel)
    await channel.close()

    assert await publisher.publish([_message(queue, 1), _message(queue, 2)]) == [UNKNOWN, UNKNOWN]


async def test_a_channel_that_went_with_its_connection_says_nothing(channel: Channel) -> None:
    publisher = Publisher(channel)
    await channel.close()
    await channel.connection.close()

    assert await publisher.publish([_message("q", 1), _message("q", 1)]) == [UNKNOWN, UNKNOWN]


async def test_a_channel_that_the_broker_closes_says_nothing_of_what_is_in_flight(channel: Channel) -> None:
    publisher = Publisher(channel)
    strange = Outgoing("no-such-exchange", "", b"{}", FaithfulProperties(message_id="m"))

    assert await publisher.publish([strange, strange]) == [UNKNOWN, UNKNOWN]


@pytest.mark.parametrize(
    "unwritable",
    [
        {"headers": {"unknown": object()}},
        {"timestamp": datetime(1969, 12, 31, tzinfo=UTC)},
        {"app_id": "a" * 256},
        {"priority": 256},
        {"message_id": ""},
    ],
    ids=lambda properties: next(iter(properties)),
)
async def test_a_message_that_cannot_be_written_harms_no_other(
    channel: Channel, unwritable: dict[str, Any]
) -> None:
    queue, publisher = await _queue(channel), Publisher(channel)
    message = Outgoing("", queue, b"{}", FaithfulProperties(**{"message_id": "m"} | unwritable))

    assert await publisher.publish([_message(queue, 1), message, _message("no queue", 2)]) == [
        CONFIRMED,
        REFUSED,
        RETURNED,
    ]
    assert await publisher.publish([_message(queue, 3)]) == [CONFIRMED]
    assert len(await _bodies(channel, queue)) == 2


async def test_a_return_is_known_though_an_earlier_copy_was_given_up(channel: Channel) -> None:
    queue, publisher = await _queue(channel), Publisher(channel)
    for steps in range(3, 9):
        given_up = asyncio.create_task(publisher.publish([_message(queue, "same")]))
        for _ in range(steps):
            await asyncio.sleep(0)
        given_up.cancel()

        assert await publisher.publish([_message("no queue", "same")]) == [RETURNED]


async def test_no_message_is_no_flight(channel: Channel) -> None:
    assert await Publisher(channel).publish([]) == []
