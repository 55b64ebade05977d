"""What a login may do: a worker and an operator need what deploy/postgresql/roles.sql grants."""

from collections.abc import Sequence
from enum import StrEnum

from worker.errors import DatabaseUnavailable
from worker.postgres.pool import Connection
from worker.postgres.statements import statement


class Role(StrEnum):
    WORKER = "checkout_worker"
    OPERATOR = "checkout_operator"


async def lacking(connection: Connection, role: Role) -> Sequence[str]:
    """Rights of the role that this login lacks, like `INSERT on orders`; the owner of the schema has all."""
    rows = await connection.fetch(statement("lacking_rights"), role)
    return [_right(*row) for row in rows]


async def check_rights(connection: Connection) -> None:
    """Raises: DatabaseUnavailable unless this login may do all that a worker does."""
    if rights := await lacking(connection, Role.WORKER):
        raise DatabaseUnavailable(lacks(rights, Role.WORKER))


def lacks(rights: Sequence[str], role: Role) -> str:
    return (
        f"The login of CHECKOUT_DATABASE_URL lacks {', '.join(rights)}: run deploy/postgresql/roles.sql, "
        f"and give it the role {role}"
    )


def _right(privilege: str, relation: str, column: str | None) -> str:
    return f"{privilege} ({column}) on {relation}" if column else f"{privilege} on {relation}"
