"""Users of the broker that have only the rights that a test gives them."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from secrets import token_hex

from yarl import URL

from tests.support.management import ManagementApi
from tests.support.services import Addresses


@dataclass(frozen=True, slots=True)
class BrokerUser:
    """A user of the broker with the rights that a test gives."""

    management: ManagementApi
    url: URL

    async def permit(self, **rights: str) -> None:
        await self.management.permit(self.url.user or "", self._vhost, **rights)

    async def permit_topics(self, exchange: str, write: str, read: str) -> None:
        await self.management.permit_topics(self.url.user or "", self._vhost, exchange, write, read)

    @property
    def _vhost(self) -> str:
        return self.url.path.removeprefix("/") or "/"


@asynccontextmanager
async def broker_user(services: Addresses, management: ManagementApi) -> AsyncIterator[BrokerUser]:
    name, password = f"least-{token_hex(4)}", token_hex(8)
    await management.make_user(name, password)
    try:
        yield BrokerUser(management, URL(services.amqp_url).with_user(name).with_password(password))
    finally:
        await management.delete_user(name)
