"""A worker's health endpoints, asked over HTTP as an orchestrator does."""

import asyncio
import json
from dataclasses import dataclass, field
from typing import Any, Final

from tests.support.eventually import WITHIN_SECONDS, eventually
from worker.embedded.ports import free_ports

_SECONDS: Final = 5.0


@dataclass(frozen=True, slots=True)
class Health:
    """Asks one worker, which is to be started with this address."""

    port: int = field(default_factory=lambda: free_ports(1)[0])

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.port}"

    async def ask(self, path: str) -> tuple[int, dict[str, Any]]:
        """Status and JSON body; (0, {}) where nobody listens."""
        try:
            status, body = await self._get(path)
        except OSError:
            return 0, {}
        return status, json.loads(body)

    async def metric(self, name: str) -> float:
        """The value of a metric without labels."""
        _, body = await self._get("/metrics")
        return next(
            float(line.split()[1]) for line in body.decode().splitlines() if line.startswith(f"{name} ")
        )

    async def live(self) -> bool:
        return (await self.ask("/health/live"))[0] == 200

    async def ready(self) -> bool:
        return (await self.ask("/health/ready"))[0] == 200

    async def until_live(self) -> None:
        await eventually(self.live)

    async def until_ready(self, within: float = WITHIN_SECONDS) -> None:
        await eventually(self.ready, within=within)

    async def until_not_ready(self, because: str, within: float = WITHIN_SECONDS) -> None:
        """Wait until it is not ready for a reason that names this; it has to stay alive meanwhile."""

        async def not_ready() -> tuple[int, str]:
            assert await self.live()
            status, body = await self.ask("/health/ready")
            return status, str(body.get("because"))

        await eventually(not_ready, lambda seen: seen[0] == 503 and because in seen[1], within=within)

    async def _get(self, path: str) -> tuple[int, bytes]:
        async with asyncio.timeout(_SECONDS):
            reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
            try:
                writer.write(f"GET {path} HTTP/1.1\r\nHost: worker\r\nConnection: close\r\n\r\n".encode())
                head, _, body = (await reader.read()).partition(b"\r\n\r\n")
            finally:
                writer.transport.abort()
        return int(head.split()[1]), body
