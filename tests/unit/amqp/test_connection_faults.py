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


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (aiormq.exceptions.AMQPConnectionError(111, "Connection refused"), "Connection refused"),
        (
            FileNotFoundError(2, "No such file or directory"),
            "a certificate .* or its socket",
        ),
        (TimeoutError(), "not in time"),
    ],
)
async def test_why_nobody_answers_is_told_as_the_system_puts_it(error: Exception, reason: str) -> None:
    with pytest.raises(BrokerUnavailable, match=f"The broker does not answer: .*{reason}$"), translated():
        raise error
