"""Migrations: numbered SQL files, applied forward, once, and never edited afterwards."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from importlib.resources import files
from typing import Final

from worker.errors import SchemaMismatch
from worker.postgres.pool import Connection
from worker.postgres.statements import statement

LOCK_SECONDS: Final = 60
_POLL_SECONDS: Final = 0.2


@dataclass(frozen=True, slots=True)
class Migration:
    version: int
    name: str
    sql: str

    @property
    def checksum(self) -> str:
        return sha256(self.sql.encode()).hexdigest()


@cache
def migrations() -> tuple[Migration, ...]:
    """All migrations that this version knows, by number."""
    found = []
    for file in files(__package__).joinpath("migrations").iterdir():
        number, _, name = file.name.removesuffix(".sql").partition("_")
        found.append(Migration(int(number), name, file.read_text()))
    return tuple(sorted(found, key=lambda migration: migration.version))


async def pending(connection: Connection) -> Sequence[Migration]:
    """Migrations that the database lacks.

    Raises:
        SchemaMismatch: the database was migrated by a newer version, or with another text.
    """
    applied = {}
    if await connection.fetchval(statement("has_migrations")):
        rows = await connection.fetch(statement("applied_migrations"))
        applied = {row["version"]: (row["name"], row["checksum"]) for row in rows}
    known = {migration.version: migration for migration in migrations()}
    for version, (name, checksum) in applied.items():
        _check_applied(known.get(version), version, name, checksum)
    return [migration for migration in migrations() if migration.version not in applied]


def _check_applied(migration: Migration | None, version: int, name: str, checksum: str) -> None:
    if migration is None:
        raise SchemaMismatch(
            f"The database has migration {version} ({name}), which this version does not know: "
            "run a version at least as new as the one that migrated"
        )
    if migration.checksum != checksum:
        raise SchemaMismatch(
            f"Migration {version} ({name}) was applied with another text: applied migrations are never edited"
        )


async def check_schema(connection: Connection) -> None:
    """Raises: SchemaMismatch unless the database has exactly the schema that this version needs."""
    if missing := await pending(connection):
        raise SchemaMismatch(
            f"The database lacks {len(missing)} migrations, the first is {missing[0].version} "
            f"({missing[0].name}): run `checkout migrate`"
        )


async def migrate(connection: Connection) -> Sequence[Migration]:
    """Apply what is pending, each migration in a transaction of its own, and say what was applied."""
    async with _exclusively(connection):
        await connection.execute(statement("make_migrations"))
        todo = await pending(connection)
        for migration in todo:
            async with connection.transaction():
                await connection.execute(migration.sql)
                await connection.execute(
                    statement("record_migration"), migration.version, migration.name, migration.checksum
                )
    return todo


@asynccontextmanager
async def _exclusively(connection: Connection) -> AsyncIterator[None]:
    """One migrator at a time.

    The lock is polled: a session that waits inside pg_advisory_lock() holds a snapshot all the while.
    """
    async with asyncio.timeout(LOCK_SECONDS):
        while not await connection.fetchval(statement("try_migration_lock")):  # noqa: ASYNC110
            await asyncio.sleep(_POLL_SECONDS)
    try:
        yield
    finally:
        await connection.execute(statement("release_migration_lock"))
