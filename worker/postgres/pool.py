"""Connections to PostgreSQL, with a deadline on everything."""

import ssl
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from typing import Final

import asyncpg

from worker.errors import ConfigurationFault
from worker.postgres.errors import translated

ACQUIRE_SECONDS: Final = 5.0
STATEMENT_SECONDS: Final = 10.0

# Not the error's text: that may hold the password.
UNREADABLE_URL: Final = (
    "CHECKOUT_DATABASE_URL cannot be read. Write it like postgresql://user:password@host:5432/database, "
    "special characters of the password percent-encoded"
)
NO_ROOT_CERTIFICATE: Final = (
    "CHECKOUT_DATABASE_URL wants the server's certificate verified and names none to do it with: add "
    "sslrootcert=/path/to/ca.pem to its sslmode"
)

Pool = asyncpg.Pool
Connection = asyncpg.pool.PoolConnectionProxy

# The server gives up before our own deadline does. Plans are kept while tables grow from nothing: one made
# for an empty table would scan a large one, so the planner is held to the indexes.
MESSAGE_PATH: Final[Mapping[str, str]] = {
    "statement_timeout": "9000",
    "lock_timeout": "8000",
    "idle_in_transaction_session_timeout": "30000",
    "enable_seqscan": "off",
    "enable_hashjoin": "off",
    "enable_mergejoin": "off",
    "jit": "off",
    "plan_cache_mode": "force_generic_plan",
}


async def open_pool(
    url: str,
    *,
    connections: int,
    application: str,
    settings: Mapping[str, str] = MESSAGE_PATH,
    statement_seconds: float | None = STATEMENT_SECONDS,
) -> "Pool":
    """Open a pool, for the message path unless told otherwise.

    Raises:
        ConfigurationFault: the URL cannot be read.
    """
    with _readable_url():
        return await asyncpg.create_pool(
            url,
            # asyncpg 0.32 restores a floor in the background, logging a traceback a try while the server is
            # down; without one, and without expiry, connections are made when first needed, and kept.
            min_size=0,
            max_size=connections,
            max_inactive_connection_lifetime=0,
            timeout=ACQUIRE_SECONDS,
            command_timeout=statement_seconds,
            reset=_as_it_is,
            server_settings={"application_name": application} | dict(settings),
        )


async def _as_it_is(_: asyncpg.Connection) -> None:
    """Nothing here changes a session. asyncpg's own reset is a round trip of four statements a batch."""


@asynccontextmanager
async def acquired(pool: "Pool") -> AsyncIterator["Connection"]:
    """A connection of the pool. Raises: DatabaseUnavailable and the other faults of `translated`."""
    with translated():
        connection = await _acquire(pool)
        try:
            yield connection
        except asyncpg.ReadOnlySQLTransactionError:
            # A server that is no primary any more keeps its sessions, which stay read-only: all have to go.
            await pool.expire_connections()
            raise
        finally:
            await pool.release(connection)


async def _acquire(pool: "Pool") -> "Connection":
    """Asyncpg reads the URL when it first connects."""
    with _readable_url():
        return await pool.acquire(timeout=ACQUIRE_SECONDS)


@asynccontextmanager
async def own_connection(url: str, *, application: str) -> AsyncIterator[asyncpg.Connection]:
    """A connection of no pool, for who keeps it. Raises: as `acquired` does.

    It is dropped without a goodbye, for which a frozen database could keep us waiting.
    """
    with translated():
        with _readable_url():
            connection = await asyncpg.connect(
                url,
                timeout=ACQUIRE_SECONDS,
                command_timeout=STATEMENT_SECONDS,
                server_settings={"application_name": application},
            )
        try:
            yield connection
        finally:
            connection.terminate()


@contextmanager
def _readable_url() -> Iterator[None]:
    try:
        yield
    except ssl.SSLError:
        # A certificate that cannot be verified is a ValueError, too.
        raise
    except (ValueError, asyncpg.ClientConfigurationError) as error:
        has_no_root = "root certificate" in str(error)
        raise ConfigurationFault(NO_ROOT_CERTIFICATE if has_no_root else UNREADABLE_URL) from None
