"""The health endpoints, whoever asks."""

import asyncio
from contextlib import suppress
from typing import Final

import pytest

from tests.support.health import Health
from worker import health
from worker.settings import Settings
from worker.status import Status

HEAD: Final = b"GET /health/live HTTP/1.1\r\nHost: worker\r\n"


@pytest.mark.parametrize(
    "said", [b"", HEAD, HEAD + b"\r\n" + HEAD], ids=["nothing", "half", "one-and-a-half"]
)
async def test_who_never_asks_to_the_end_is_not_waited_for(
    said: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(health, "LONGEST_SECONDS", 0.1)
    asked = Health()
    settings = Settings(_env_prefix="NOT_SET_", http_address=asked.address)
    async with health.serving(settings, Status()):
        await asked.until_live()
        reader, writer = await asyncio.open_connection("127.0.0.1", asked.port)
        writer.write(said)
        async with asyncio.timeout(10):
            with suppress(ConnectionResetError):
                await reader.read()
        writer.transport.abort()
        assert await asked.live()
