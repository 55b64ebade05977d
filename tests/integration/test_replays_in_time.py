"""A cart whose time ran out while its message lay dead is judged by when it was asked."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.support.archive import archived
from tests.support.broker import SOURCE, Broker, Subscriber
from tests.support.carts import Request, a_line
from tests.support.command_line import CommandLine
from tests.support.database import Database
from tests.support.eventually import eventually
from tests.support.in_process import archiving_by, consuming
from tests.support.replays import replayed, strict
from worker.settings import Settings


@pytest.mark.parametrize("has_timestamp", [True, False])
async def test_a_cart_that_expired_while_it_lay_dead_is_ordered(
    broker: Broker,
    events: Subscriber,
    database: Database,
    settings: Settings,
    command_line: CommandLine,
    *,
    has_timestamp: bool,
) -> None:
    expires = datetime.now(UTC) + timedelta(seconds=4)
    request = Request(lines=[a_line("a"), a_line("b")], cart={"expirationTimestamp": expires.isoformat()})
    said: dict[str, Any] = {"timestamp": datetime.now(UTC)} if has_timestamp else {}
    await broker.publish(request.body, message_id=request.message_id, app_id=SOURCE, **said)
    async with consuming(strict(settings)):
        await archived(database, 1)

    async def is_over() -> bool:
        return datetime.now(UTC) > expires

    await eventually(is_over)
    async with consuming(archiving_by(settings)):
        assert (await replayed(command_line, request.message_id)).code == 0
    assert events.messages[-1].properties.message_type == "checkout.completed"
    assert await database.count("orders") == 2
