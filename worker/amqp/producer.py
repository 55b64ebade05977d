"""A command as a producer publishes it: for the command line, the demo and the tests."""

from datetime import UTC, datetime

from aiormq import spec
from uuid_utils import uuid7

from contracts.wire import COMMANDS_EXCHANGE
from worker.amqp.outgoing import PERSISTENT, Outgoing


def command_message(body: bytes, key: str, *, source: str, message_id: str | None = None) -> Outgoing:
    """Persistent, with an id of its own, and the time when it was asked."""
    properties = spec.Basic.Properties(
        app_id=source,
        content_type="application/json",
        delivery_mode=PERSISTENT,
        message_id=message_id or str(uuid7()),
        timestamp=datetime.now(UTC),
    )
    return Outgoing(COMMANDS_EXCHANGE, key, body, properties)
