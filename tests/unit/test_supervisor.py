"""Sessions one after the other, for as long as it takes."""

import asyncio

import pytest

from worker import supervisor
from worker.errors import BrokerUnavailable
from worker.status import State, Status
from worker.supervisor import Supervisor

HOURS_OF_PAUSES = 1_200


async def test_an_outage_of_many_hours_ends_no_worker(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supervisor, "FIRST_PAUSE", 0.0)
    status, sessions = Status(), 0

    async def run_session(stop: asyncio.Event) -> None:
        nonlocal sessions
        sessions += 1
        if sessions < HOURS_OF_PAUSES:
            raise ExceptionGroup("away", [BrokerUnavailable("away")])
        stop.set()

    await Supervisor(run_session, status).run()
    assert (sessions, status.state) == (HOURS_OF_PAUSES, State.STOPPED)
