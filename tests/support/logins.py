"""Logins with the roles of `deploy/postgresql/roles.sql`."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from secrets import token_hex
from typing import Final

from yarl import URL

from tests.support.database import Database

ROLES: Final = Path(__file__).parents[2] / "deploy" / "postgresql" / "roles.sql"
_LEAVE: Final = "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE usename = $1"


@asynccontextmanager
async def login(database: Database, role: str) -> AsyncIterator[str]:
    """The URL of the database for somebody who has this role, and nothing else."""
    name, password = f"{role}_{token_hex(4)}", token_hex(8)
    await database.execute(ROLES.read_text("utf-8"))
    await database.execute(f"CREATE ROLE {name} LOGIN PASSWORD '{password}' IN ROLE {role}")
    try:
        yield str(URL(database.url).with_user(name).with_password(password))
    finally:
        # Whoever may make roles may end the sessions of those that he is a member of.
        await database.execute(f"GRANT {name} TO CURRENT_USER")
        await database.rows(_LEAVE, name)
        await database.execute(f"DROP ROLE {name}")
