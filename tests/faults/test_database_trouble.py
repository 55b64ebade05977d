"""The database in trouble: nothing is lost, no message pays for it, and work goes on by itself."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from time import monotonic

import asyncpg
import pytest

from tests.support.carts import a_request
from tests.support.database import Database
from tests.support.eventually import eventually
from tests.support.health import Health
from tests.support.inputs import Input, checkouts
from tests.support.proxy import Way
from tests.support.stage import CONNECTIONS, Stage
from tests.support.worker_process import WorkerProcess

OUTAGE_SECONDS = 20.0
# The longest pause between probes, and time for what the probe that was under way met.
CURED_SECONDS = 12.0
TERMINATE = """
SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid() AND application_name <> ''
"""
WAITING = "SELECT count(*) FROM pg_locks WHERE NOT granted"


async def _resumed(worker: WorkerProcess, health: Health) -> None:
    await health.until_ready(within=CURED_SECONDS)
    assert worker.times_logged("worker.resumed") >= 1


@asynccontextmanager
async def _set(stage: Stage, name: str, value: str) -> AsyncIterator[None]:
    """A default of the database, for sessions that begin while it is set."""
    await stage.database.execute(f"ALTER DATABASE checkout SET {name} = {value}")
    try:
        yield
    finally:
        async with Database(stage.database.url) as fresh:
            await fresh.execute("SET default_transaction_read_only = off")
            await fresh.execute(f"ALTER DATABASE checkout RESET {name}")


async def test_a_long_outage_under_load_pauses_consuming_and_costs_no_message_anything(stage: Stage) -> None:
    inputs, worker, health = await stage.busy()
    await stage.services.postgres.stop()
    await worker.until_logged("worker.paused")
    gone = monotonic()
    while monotonic() - gone < OUTAGE_SECONDS:
        await health.until_not_ready("database")
        await asyncio.sleep(0.5)

    await stage.services.postgres.start()
    await _resumed(worker, health)
    await stage.assert_nothing_lost(inputs, worker)
    assert worker.times_logged("worker.session-lost") == 0


async def test_a_paused_worker_says_so_where_the_others_are(stage: Stage) -> None:
    """Its row can be written as long as the database takes anything at all."""
    worker, health = await stage.start()
    async with Database(stage.database.url) as other:
        await other.execute("ALTER TABLE checkouts RENAME TO elsewhere")
        await other.execute("ALTER TABLE elsewhere RENAME TO checkouts")
    await stage.assert_nothing_lost([], worker)
    assert health.port


async def test_a_killed_database_loses_and_harms_nothing(stage: Stage) -> None:
    inputs, worker, health = await stage.busy()
    await stage.services.postgres.kill()
    await stage.services.postgres.start()
    await stage.assert_nothing_lost(inputs, worker)
    assert not await health.ready()


async def test_connections_that_are_terminated_again_and_again_delay_and_harm_nothing(stage: Stage) -> None:
    inputs, worker, _ = await stage.busy()
    begun = monotonic()
    while monotonic() - begun < 4:
        await stage.database.value(TERMINATE)
        await asyncio.sleep(0.2)
    await stage.assert_nothing_lost(inputs, worker)


async def test_a_database_that_is_read_only_for_a_while_is_an_outage_of_its_own(stage: Stage) -> None:
    """As after a failover: connections that were made to the read-only one stay read-only, and have to go."""
    inputs, worker, health = await stage.busy()
    async with _set(stage, "default_transaction_read_only", "on"):
        await stage.database.value(TERMINATE)
        await health.until_not_ready("25006")
    await _resumed(worker, health)
    await stage.assert_nothing_lost(inputs, worker)


async def test_a_worker_that_gets_no_connection_waits_for_one(stage: Stage) -> None:
    inputs, worker, health = await stage.busy()
    taken: list[asyncpg.Connection] = []
    try:
        while len(taken) < CONNECTIONS:
            await stage.database.value(TERMINATE)
            taken += await _all_connections(stage)
            if await health.ready():
                continue
            break
        await health.until_not_ready("53300")
    finally:
        for connection in taken:
            connection.terminate()
    await _resumed(worker, health)
    await stage.assert_nothing_lost(inputs, worker)


async def _all_connections(stage: Stage) -> list[asyncpg.Connection]:
    """As many as there are left."""
    taken: list[asyncpg.Connection] = []
    while True:
        try:
            taken.append(await asyncpg.connect(stage.database.url))
        except asyncpg.TooManyConnectionsError:
            return taken


async def test_a_cart_that_is_locked_for_longer_than_we_wait_is_ordered_afterwards(stage: Stage) -> None:
    request = a_request("a")
    worker, _ = await stage.start()
    async with Database(stage.database.url) as other:
        await other.execute("BEGIN")
        await other.execute("LOCK TABLE carts")
        inputs = [Input.of(request), *checkouts(20)]
        await stage.send(inputs)
        await worker.until_logged("worker.paused", within=15)
        assert "55P03" in worker.log.read_text("utf-8")
        await other.execute("ROLLBACK")
    await stage.assert_nothing_lost(inputs, worker)


async def test_a_deadlock_is_decided_again(stage: Stage) -> None:
    first, second = sorted((a_request("a"), a_request("a")), key=lambda each: each.customer_id)
    worker, health = await stage.start()
    lock = "INSERT INTO carts (customer_id, cart_id) VALUES ($1, $2)"
    async with Database(stage.database.url) as other:
        await other.execute("BEGIN")
        # The one that waits last finds the deadlock, and this one should not.
        await other.execute("SET LOCAL deadlock_timeout = '60s'") if await _is_superuser(other) else None
        await other.execute(lock, second.customer_id, second.cart_id)
        inputs = [Input.of(first), Input.of(second)]
        await stage.send(inputs)
        await eventually(lambda: stage.database.value(WAITING), lambda count: count > 0)
        await other.execute(lock, first.customer_id, first.cart_id)
        await other.execute("ROLLBACK")
    await stage.assert_nothing_lost(inputs, worker)
    assert await health.live() is False


async def _is_superuser(database: Database) -> bool:
    return bool(await database.value("SELECT usesuper FROM pg_user WHERE usename = current_user"))


async def test_serialization_failures_of_two_workers_are_decided_again(stage: Stage) -> None:
    requests = [a_request("a", "b") for _ in range(60)]
    twice = [
        Input.of(type(each)(each.lines, each.customer_id, each.cart_id)) for each in requests for _ in range(2)
    ]
    async with _set(stage, "default_transaction_isolation", "'serializable'"):
        workers = [(await stage.start())[0] for _ in range(2)]
        await stage.send(twice)
        await stage.assert_nothing_lost(twice, *workers)
    assert sum(each.times_logged("batch.waits") for each in workers) > 0


@pytest.fixture
async def full_disk(stage: Stage) -> AsyncIterator[None]:
    """The answer of a server whose disk is full, whenever an order is to be stored; small writes fit in."""
    async with Database(stage.database.url) as owner:
        await owner.execute("""
            CREATE FUNCTION refuse_to_extend() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN RAISE EXCEPTION 'could not extend file: No space left on device' USING ERRCODE = '53100'; END $$
        """)
        await owner.execute(
            "CREATE TRIGGER full_disk BEFORE INSERT ON orders EXECUTE FUNCTION refuse_to_extend()"
        )
        yield
        await owner.execute("DROP FUNCTION IF EXISTS refuse_to_extend CASCADE")


@pytest.mark.usefixtures("full_disk")
async def test_a_full_disk_that_still_takes_small_writes_costs_no_message_anything(stage: Stage) -> None:
    inputs = checkouts(40)
    await stage.send(inputs)
    worker, _ = await stage.launch()

    async def flapped() -> int:
        return worker.times_logged("worker.paused")

    await eventually(flapped, lambda times: times >= 4)
    assert "53100" in worker.log.read_text("utf-8")
    assert await stage.database.count("checkouts") == 0
    await stage.database.execute("DROP FUNCTION refuse_to_extend CASCADE")
    await stage.assert_nothing_lost(inputs, worker)


async def test_a_line_to_the_database_that_carries_nothing_any_more_is_given_up(stage: Stage) -> None:
    inputs, worker, health = await stage.busy()
    stage.to_database.freeze()
    await worker.until_logged("worker.paused")
    await health.until_not_ready("database")
    await stage.to_database.mend()
    await health.until_ready(within=30)
    await stage.assert_nothing_lost(inputs, worker)


async def test_a_commit_whose_answer_is_lost_is_found_done_and_not_done_again(stage: Stage) -> None:
    unlucky = a_request("a", "b")
    inputs = [Input.of(unlucky), *checkouts(20)]
    worker, _ = await stage.start(failpoint=f"before-commit@{unlucky.message_id}:stop")
    await stage.send(inputs)
    await worker.until_stopped_by_failpoint()
    stage.to_database.freeze(Way.TO_CLIENT)
    worker.go_on()
    stored = "SELECT count(*) FROM checkouts WHERE message_id = $1"
    await eventually(lambda: stage.database.value(stored, unlucky.message_id), lambda count: count == 1)

    stage.to_database.reset()
    await stage.to_database.mend()
    await worker.until_logged("worker.paused")
    await stage.assert_nothing_lost(inputs, worker)
