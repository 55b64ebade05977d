"""A cart that somebody else keeps locked."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from tests.support.database import Database

_TAKE: Final = "SELECT count(*) FROM (SELECT FROM carts WHERE cart_id = $1 FOR UPDATE) AS taken"


@asynccontextmanager
async def held_cart(database_url: str, cart_id: str) -> AsyncIterator[None]:
    async with Database(database_url) as other:
        await other.execute("BEGIN")
        assert await other.value(_TAKE, cart_id) == 1
        yield
        await other.execute("ROLLBACK")
