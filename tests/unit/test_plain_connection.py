"""The bench's own connection: every confirm and every result is counted, however the bytes come."""

import asyncio
from collections.abc import Iterable
from uuid import uuid4

import pytest
from aiormq import spec
from hypothesis import given
from hypothesis import strategies as st
from pamqp import commands, frame
from pamqp.frame import FrameTypes
from pamqp.header import ContentHeader

from tests.bench.plain_connection import PlainConnection, RefusedError


class _Transport(asyncio.Transport):
    """Takes whatever is written."""

    def write(self, data: object) -> None:
        """The tests look at what comes."""


def _connection() -> PlainConnection:
    connection = PlainConnection()
    connection.connection_made(_Transport())
    return connection


def _came(connection: PlainConnection, methods: Iterable[FrameTypes], chunk: int) -> None:
    raw = b"".join(frame.marshal(each, 1) for each in methods)
    for start in range(0, len(raw), chunk):
        connection.data_received(raw[start : start + chunk])


@pytest.mark.parametrize(
    "acks",
    [
        [(3, True)],
        [(3, False), (1, False), (2, False)],
        [(2, False), (3, True)],
        [(2, True), (3, False)],
    ],
)
async def test_all_is_confirmed_with_the_last_word_in_whatever_order(acks: list[tuple[int, bool]]) -> None:
    connection = _connection()
    connection.publish([b"a", b"b", b"c"])
    confirmed = asyncio.create_task(connection.confirmed())
    *before, last = [commands.Basic.Ack(*ack) for ack in acks]
    _came(connection, before, chunk=7)
    await asyncio.sleep(0)
    assert not confirmed.done()
    _came(connection, [last], chunk=7)
    async with asyncio.timeout(1):
        await confirmed


@pytest.mark.parametrize(
    "said",
    [
        commands.Basic.Nack(1),
        commands.Basic.Return(312, "NO_ROUTE", "cart.commands", "cart.checkout"),
        commands.Channel.Close(404, "NOT_FOUND", 60, 40),
        commands.Connection.Close(320, "CONNECTION_FORCED", 0, 0),
    ],
)
async def test_what_the_broker_does_not_take_is_told(said: FrameTypes) -> None:
    connection = _connection()
    connection.publish([b"a"])
    _came(connection, [said], chunk=1_000)
    with pytest.raises(RefusedError, match="the broker said"):
        await connection.confirmed()


async def test_a_connection_that_goes_is_told() -> None:
    connection = _connection()
    connection.publish([b"a"])
    connection.connection_lost(ConnectionResetError("gone"))
    with pytest.raises(RefusedError, match="gone"):
        await connection.confirmed()


@given(chunk=st.integers(1, 200), count=st.integers(1, 5))
def test_each_result_is_heard_once_however_its_frames_are_cut(chunk: int, count: int) -> None:
    connection, heard, sent = _connection(), list[str](), [str(uuid4()) for _ in range(count)]
    connection.hear(heard.append)
    for each in sent:
        properties = spec.Basic.Properties(
            content_type="application/json", headers={"ce-id": "1"}, correlation_id=each, message_id="m"
        )
        deliver = commands.Basic.Deliver("tag", 1, exchange="checkout.results", routing_key="a")
        _came(connection, [deliver, ContentHeader(0, 3, properties)], chunk)
        connection.data_received(b"\x03\x00\x01\x00\x00\x00\x03{1}\xce")
    assert heard == sent
