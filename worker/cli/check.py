"""`checkout check`: what is wrong, and how to mend it."""

from collections.abc import Awaitable, Callable
from typing import Final, NamedTuple

from worker.amqp.management import Management
from worker.amqp.topology import broker_version, require, topology_for
from worker.cli.exit import Exit, exit_code
from worker.cli.output import AsJson, console, counted, print_json
from worker.cli.services import broker, database
from worker.errors import DatabaseUnavailable, WorkerError
from worker.postgres.catalog import CatalogItems
from worker.postgres.lookups import writable_version
from worker.postgres.migrate import check_schema
from worker.postgres.pool import acquired
from worker.postgres.rights import Role, lacking, lacks
from worker.settings import CatalogMode, Settings, unknown_settings

# Usage and services come first: they may be why the others went wrong.
_WORST_FIRST: Final = (Exit.USAGE, Exit.BROKER, Exit.DATABASE, Exit.PROBLEMS)


class Finding(NamedTuple):
    """What one look found; no fault: all is well."""

    name: str
    text: str
    fault: WorkerError | None = None


async def command(*, json: AsJson = False) -> int:
    """Check settings, broker, topology, database, schema, rights and catalog."""
    settings = Settings.load()
    looks = (_settings, _broker, _topology, _database, _rights, _catalog)
    findings = [await _look(each.__name__.strip("_"), each, settings) for each in looks]
    if json:
        print_json([{"name": each.name, "ok": each.fault is None, "text": each.text} for each in findings])
    for each in () if json else findings:
        mark, style = ("ok", "green") if each.fault is None else ("wrong", "red")
        console.print(f"{mark:<5}", style=style, end=" ")
        console.print(f"{each.name}: {each.text}".replace("\n", f"\n{'':<6}"), soft_wrap=True)
    codes = {exit_code(each.fault) for each in findings if each.fault}
    return next(filter(codes.__contains__, _WORST_FIRST), Exit.OK)


async def _look(name: str, look: Callable[[Settings], Awaitable[str]], settings: Settings) -> Finding:
    try:
        return Finding(name, await look(settings))
    except WorkerError as fault:
        return Finding(name, str(fault), fault)


async def _settings(settings: Settings) -> str:
    _ = settings.http_endpoint
    if unknown := unknown_settings():
        raise WorkerError(f"unknown settings: {', '.join(unknown)}; check the spelling")
    return "all settings are known"


async def _broker(settings: Settings) -> str:
    async with broker(settings) as channel:
        return f"RabbitMQ {broker_version(channel)} is reachable"


async def _topology(settings: Settings) -> str:
    async with broker(settings) as channel:
        wanted = topology_for(channel)
        await require(channel, wanted)
    if settings.management_url is None:
        return "exchanges and queues exist; arguments, policies and bindings need CHECKOUT_MANAGEMENT_URL"
    if problems := await Management(settings).differences(wanted):
        raise WorkerError("\n".join(problems))
    return "exchanges, queues, arguments, policies and bindings are correct"


async def _database(settings: Settings) -> str:
    async with database(settings) as pool, acquired(pool) as connection:
        await check_schema(connection)
        version = await writable_version(connection)
    return f"PostgreSQL {version} is reachable, the schema is up to date"


async def _rights(settings: Settings) -> str:
    async with database(settings) as pool, acquired(pool) as connection:
        await check_schema(connection)
        found = {role: await lacking(connection, role) for role in Role}
    if enough := [role for role, rights in found.items() if not rights]:
        return f"sufficient for {' and '.join(enough)}"
    role = min(found, key=lambda each: len(found[each]))
    raise DatabaseUnavailable(lacks(found[role], role))


async def _catalog(settings: Settings) -> str:
    if settings.catalog is CatalogMode.OPEN:
        return "open: orders are not checked against a catalog"
    async with database(settings) as pool:
        count = await CatalogItems(pool).count()
    if not count:
        raise WorkerError(
            "the catalog is empty, so the worker will not consume: run `checkout catalog import FILE`"
        )
    return counted(count, "item")
