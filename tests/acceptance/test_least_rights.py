"""Least rights: the worker changes no topology and removes no order, an operator writes none."""

import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import asyncpg
import pytest

from tests.support.archive import archived
from tests.support.broker import CHECKOUT, SOURCE, UPDATE, Broker, Subscriber
from tests.support.broker_user import BrokerUser, broker_user
from tests.support.carts import CATALOG, Request, a_line, a_request, guid, requests
from tests.support.command_line import CommandLine
from tests.support.database import Database
from tests.support.eventually import eventually
from tests.support.logins import login
from tests.support.management import ManagementApi
from tests.support.readme import block
from tests.support.replays import set_aside, states
from tests.support.services import Addresses
from tests.support.worker_process import Workers, workers_for
from worker.postgres.pool import Connection, acquired, open_pool
from worker.postgres.rights import Role, lacking
from worker.settings import Settings

OF_A_WORKER = {
    "configure": "^$",
    "write": r"^(checkout\.results|cart\.dead-letters)$",
    "read": r"^(cart\.checkout|cart\.update|cart\.dead-letters)$",
}
OF_AN_OPERATOR = {
    "configure": r"^amq\.gen",
    "write": r"^(cart\.commands|checkout\.results|amq\.gen.*)$",
    "read": r"^(checkout\.results|amq\.gen.*)$",
}
GRANTED = """
SELECT format('%s (%s) on %s', privilege_type, attname, relname)
FROM pg_attribute AS a JOIN pg_class AS c ON a.attrelid = c.oid, aclexplode(attacl)
WHERE grantee = $1::text::regrole
UNION ALL
SELECT format('%s on %s', privilege_type, relname)
FROM pg_class, aclexplode(relacl)
WHERE grantee = $1::text::regrole
"""
PENDING = "SELECT count(*) FROM outcomes WHERE publication = 'pending'"


@pytest.fixture
async def as_worker(database: Database) -> AsyncIterator[str]:
    async with login(database, "checkout_worker") as url:
        yield url


@pytest.fixture
async def operator(
    database: Database, command_line: CommandLine, services: Addresses, management: ManagementApi
) -> AsyncIterator[CommandLine]:
    async with broker_user(services, management) as own, login(database, "checkout_operator") as url:
        await own.permit(**OF_AN_OPERATOR)
        yield command_line.changed(database_url=url, amqp_url=str(own.url))


@pytest.fixture
async def user(services: Addresses, management: ManagementApi) -> AsyncIterator[BrokerUser]:
    async with broker_user(services, management) as made:
        yield made


@pytest.fixture
async def unprivileged(user: BrokerUser, as_worker: str, tmp_path: Path) -> AsyncIterator[Workers]:
    """Workers whose broker user may read the three queues and write to two exchanges, and nothing else."""
    await user.permit(**OF_A_WORKER)
    async with workers_for(str(user.url), as_worker, tmp_path) as workers:
        yield workers


@asynccontextmanager
async def connected(url: str) -> AsyncIterator[Connection]:
    pool = await open_pool(url, connections=1, application="tests")
    async with acquired(pool) as connection:
        yield connection
    pool.terminate()


@pytest.mark.parametrize("rights", [OF_A_WORKER, OF_AN_OPERATOR], ids=["worker", "operator"])
def test_the_readme_names_these_rights(rights: dict[str, str]) -> None:
    assert " ".join(f"'{pattern}'" for pattern in rights.values()) in block("rights")


async def test_a_worker_with_the_least_rights_does_all_that_workers_do(
    broker: Broker, events: Subscriber, database: Database, unprivileged: Workers
) -> None:
    worker = await unprivileged.start(archive="on")
    again = a_request("a")
    failing = Request(lines=[a_line("a", catalogItemId="no:such:item")])
    await broker.submit(again, failing)
    await broker.submit(a_request("a"), key=UPDATE)
    for key in (CHECKOUT, UPDATE):
        await broker.publish(b"not JSON", key=key, message_id=guid(), app_id=SOURCE)
    await events.until(5)
    await archived(database, 2)
    await broker.submit(again)
    await events.until(6)
    assert (await database.count("orders"), await database.count("cart_updates")) == (1, 1)
    assert await database.count("order_errors") == 1
    assert await worker.stop() == 0


async def test_a_worker_with_the_least_rights_takes_up_what_a_killed_one_left(
    broker: Broker, events: Subscriber, database: Database, unprivileged: Workers
) -> None:
    sent = requests(3, "a")
    await broker.submit(*sent)
    killed = await unprivileged.launch(failpoint="committed:kill")
    assert await killed.exit_code() == -signal.SIGKILL
    worker = await unprivileged.start(sweep_after_seconds=1)
    await events.until_ids(3)
    await eventually(lambda: database.value(PENDING), lambda count: count == 0)
    assert await worker.stop() == 0
    assert (await database.count("orders"), await database.count("attempts")) == (3, 0)


async def test_a_worker_without_a_right_says_which_and_goes_on_when_it_has_it(
    broker: Broker, events: Subscriber, database: Database, unprivileged: Workers
) -> None:
    await database.execute("REVOKE INSERT ON orders FROM checkout_worker")
    await broker.submit(a_request("a"))
    worker = await unprivileged.launch()
    await worker.until_logged("lacks INSERT on orders: run deploy/postgresql/roles.sql")
    assert (await broker.ready(), await broker.consumers()) == (1, 0)
    await database.execute("GRANT INSERT ON orders TO checkout_worker")
    await events.until(1)
    assert await worker.stop() == 0
    assert (await database.count("orders"), await broker.ready("cart.dead-letters")) == (1, 0)


async def test_a_worker_that_loses_a_right_pauses_once_and_goes_on_when_it_has_it(
    broker: Broker, events: Subscriber, database: Database, unprivileged: Workers
) -> None:
    worker = await unprivileged.start()
    await database.execute("REVOKE INSERT ON orders FROM checkout_worker")
    await broker.submit(a_request("a"))
    await worker.until_logged("permission denied for table orders")
    await eventually(lambda: database.value("SELECT state FROM workers"), lambda state: state == "paused")
    await database.execute("GRANT INSERT ON orders TO checkout_worker")
    await events.until(1)
    assert await worker.stop() == 0
    assert worker.times_logged("worker.paused") == 1


@pytest.mark.parametrize("role", Role)
async def test_the_rights_that_are_looked_for_are_those_that_roles_grant(
    database: Database, role: Role
) -> None:
    async with login(database, role) as url, connected(url) as own:
        assert await lacking(own, role) == []
        granted = [each["format"] for each in await database.rows(GRANTED, role)]
        await database.execute(f"REVOKE ALL ON ALL TABLES IN SCHEMA public FROM {role}")
        assert sorted(await lacking(own, role)) == sorted(granted)


async def test_the_check_names_the_right_that_a_login_lacks(
    database: Database, command_line: CommandLine
) -> None:
    async with login(database, "checkout_operator") as url:
        operator = command_line.changed(database_url=url)
        await database.execute("REVOKE UPDATE (state) ON dead_letters FROM checkout_operator")
        checked = await operator.run("check")
    assert checked.code == 4
    assert "lacks UPDATE (state) on dead_letters:" in checked.out


@pytest.mark.parametrize("exchange", ["checkout.results", "cart.dead-letters"])
async def test_a_worker_that_may_not_publish_takes_no_message_and_says_so(
    broker: Broker, events: Subscriber, unprivileged: Workers, user: BrokerUser, exchange: str
) -> None:
    (allowed,) = {"checkout.results", "cart.dead-letters"} - {exchange}
    await user.permit(**OF_A_WORKER | {"write": f"^{allowed}$"})
    await broker.submit(a_request("a"))
    worker = await unprivileged.launch()
    await worker.until_logged(f"access to exchange '{exchange}'")
    assert (await broker.ready(), await broker.consumers()) == (1, 0)
    await user.permit(**OF_A_WORKER)
    await events.until(1)
    assert await worker.stop() == 0


async def test_commands_that_may_not_publish_send_and_claim_nothing(
    broker: Broker, database: Database, settings: Settings, command_line: CommandLine, user: BrokerUser
) -> None:
    await set_aside(requests(1, "a", "b"), broker=broker, database=database, settings=settings)
    await user.permit(**OF_AN_OPERATOR | {"write": "^$"})
    refused = command_line.changed(amqp_url=str(user.url))
    cart = refused.file("cart.json", a_request("a").body)
    for arguments in (
        ("submit", cart),
        ("dead-letters", "replay", "--yes"),
        ("results", "republish", "--since", "2h"),
    ):
        done = await refused.run(*arguments)
        assert (done.code, "access to exchange" in " ".join(done.err.split())) == (3, True), done.err
    assert set((await states(database)).values()) == {"parked"}
    assert await broker.ready() == 0


async def test_an_operator_with_the_least_rights_cures_dead_letters(
    broker: Broker,
    database: Database,
    settings: Settings,
    operator: CommandLine,
    unprivileged: Workers,
) -> None:
    letters = requests(3, "a", "b")
    await set_aside(letters, broker=broker, database=database, settings=settings)
    replayed, discarded, edited = [each.message_id for each in letters]
    await unprivileged.start(archive="on")
    one_line = operator.file("one-line.json", a_request("a").body)
    for arguments in (
        ("discard", discarded, "--why", "a test"),
        ("restore", discarded),
        ("discard", discarded, "--why", "a test"),
        ("replay", replayed, "--yes"),
        ("edit", edited, "--body", one_line),
        ("show", edited, "--unmask", "--why", "a test"),
        ("export", "--to", "there"),
        ("groups",),
    ):
        done = await operator.run("dead-letters", *arguments)
        assert done.code == 0, done.err
    await eventually(lambda: states(database), lambda found: found[replayed] == "resolved")
    pruned = await operator.run("dead-letters", "prune", "--older-than", "0d", "--yes")
    assert (pruned.code, set(await states(database)) & {replayed, discarded}) == (0, set()), pruned.err


async def test_an_operator_with_the_least_rights_looks_up_imports_and_republishes(
    broker: Broker, events: Subscriber, database: Database, operator: CommandLine, unprivileged: Workers
) -> None:
    request = a_request("a")
    worker = await unprivileged.start()
    await broker.submit(request)
    await events.until(1)
    catalog = operator.file("c.ndjson", "\n".join(item.to_json().decode() for item in CATALOG))
    for arguments in (
        ("check",),
        ("catalog", "import", catalog),
        ("catalog", "list"),
        ("orders", "list"),
        ("carts", "show", request.cart_id),
        ("results", "republish", "--since", "2h"),
        ("submit", operator.file("cart.json", a_request("a").body)),
        ("results", "--timeout", "0.1"),
    ):
        done = await operator.run(*arguments)
        assert done.code == 0, done.err
    await events.until(3)
    await worker.until_logged('"revision": 2')
    assert await worker.stop() == 0
    assert await database.count("orders") == 2


@pytest.mark.parametrize("table", ["orders", "carts", "outcomes", "dead_letters", "dead_letter_actions"])
async def test_a_worker_cannot_remove_what_was_ordered_or_set_aside(as_worker: str, table: str) -> None:
    async with Database(as_worker) as own:
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await own.execute(f"DELETE FROM {table}")  # noqa: S608 - a name from this test


@pytest.mark.parametrize("role", ["checkout_worker", "checkout_operator"])
@pytest.mark.parametrize(
    "change",
    [
        "UPDATE orders SET content = content",
        "UPDATE outcomes SET body = body",
        "UPDATE dead_letters SET body = body",
        "UPDATE dead_letter_actions SET why = why",
        "INSERT INTO dead_letter_actions (dead_letter_id, acted_at) SELECT 'x', now()",
    ],
)
async def test_nobody_can_change_what_was_said(database: Database, role: str, change: str) -> None:
    async with login(database, role) as url, Database(url) as own:
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await own.execute(change)


@pytest.mark.parametrize("table", ["orders", "order_line_items", "carts", "outcomes"])
async def test_an_operator_cannot_write_orders(database: Database, table: str) -> None:
    async with login(database, "checkout_operator") as url, Database(url) as own:
        for statement in (f"DELETE FROM {table}", f"INSERT INTO {table} DEFAULT VALUES"):  # noqa: S608
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await own.execute(statement)
