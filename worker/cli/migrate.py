"""`checkout migrate`: bring the database to the schema that this version needs."""

from worker.cli.output import AsJson, DryRun, console, print_json
from worker.cli.services import database
from worker.postgres.migrate import migrate, pending
from worker.postgres.pool import acquired
from worker.settings import Settings


async def command(*, dry_run: DryRun = False, json: AsJson = False) -> None:
    """Apply pending migrations in order; safe to run from several places at once.

    Parameters
    ----------
    dry_run
        Only print what would be applied.
    """
    async with database(Settings.load(), statement_seconds=None) as pool, acquired(pool) as connection:
        done = await pending(connection) if dry_run else await migrate(connection)
    if json:
        print_json([{"version": each.version, "name": each.name} for each in done])
        return
    for each in done:
        console.print(f"{'would apply' if dry_run else 'applied'} {each.version:04} {each.name}")
    if not done:
        console.print("the schema is up to date")
