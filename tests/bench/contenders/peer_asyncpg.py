"""How the async peers write: a pool, one transaction a message, a statement a table."""

import asyncpg

from tests.bench.contenders import peer_statements as sql
from tests.bench.contenders.peer_checkout import CheckedOut, Event
from tests.bench.contenders.peer_rows import (
    cart_row,
    errors_columns,
    lines_columns,
    orders_columns,
    outcome_row,
)
from tests.bench.contenders.peer_settings import PeerSettings


async def open_pool(settings: PeerSettings) -> asyncpg.Pool:
    return await asyncpg.create_pool(
        settings.database_url, min_size=settings.connections, max_size=settings.connections
    )


async def store(pool: asyncpg.Pool, made: CheckedOut) -> Event:
    """Write all of it; the event to publish, which is the earlier one where the message came before."""
    async with pool.acquire() as connection, connection.transaction():
        if await connection.fetchval(sql.OUTCOME, *outcome_row(made)) is None:
            earlier = await connection.fetch(sql.EARLIER, made.customer_id, made.message_id)
            return Event(*earlier[0])
        await connection.execute(sql.CART, *cart_row(made))
        if made.orders:
            await connection.execute(sql.ORDERS, *orders_columns(made))
            await connection.execute(sql.LINES, *lines_columns(made))
        if made.errors:
            await connection.execute(sql.ERRORS, *errors_columns(made))
    return made.event
