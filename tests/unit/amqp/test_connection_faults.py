"""The driver's exceptions to our faults."""

import asyncio

import aiormq
import pytest

from worker.amqp.connection import translated
from worker.errors import BrokerUnavailable


@pytest.mark.parametrize(
    "error",
    [
        aiormq.exceptions.AMQPConnectionError("refused"),
        RuntimeError("closed"),
        # The peer hung up during the handshake, before aiormq 7.2 began to read.
        StopAsyncIteration(),
        ConnectionResetError(),
        TimeoutError(),
        # A task that nobody cancelled learns by this that its connection is lost.
        asyncio.CancelledError(),
    ],
)
async def test_a_broker_that_is_lost_is_a_fault_that_time_may_cure(error: BaseException) -> None:
    with pytest.raises(BrokerUnavailable), translated():
        raise error
