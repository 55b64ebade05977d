"""The database in trouble: nothing is lost, no message pays for it, and work goes on by itself."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from time import monotonic

import asyncpg
import pytest

from tests.support.broker import CHECKOUT
from tests.support.carts import Request, a_line, a_request
from tests.support.database import Database
from tests.support.eventually import eventually
from tests.support.faults import TERMINATE
from tests.support.health import Health
from tests.support.held_cart import held_cart
from tests.support.inputs import Input, checkouts
from tests.support.proxy import Way
from tests.support.stage import Stage
from tests.support.worker_process import WorkerProcess

OUTAGE_SECONDS = 20.0
# The longest pause between probes, and time for what the probe that was under way met.
CURED_SECONDS = 12.0
WAITING = (
    "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
)


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


async def test_a_killed_database_loses_and_harms_nothing(stage: Stage) -> None:
    inputs, worker, health = await stage.busy()
    await stage.services.postgres.kill()
    await stage.services.postgres.start()
    await health.until_ready(within=CURED_SECONDS)
    await stage.assert_nothing_lost(inputs, worker)


async def test_connections_that_are_terminated_again_and_again_delay_and_harm_nothing(stage: Stage) -> None:
    inputs, worker, _ = await stage.busy()
    begun = monotonic()
    while monotonic() - begun < 3:
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

    async def refused() -> str:
        """Whoever is first has a freed connection: take them until the worker has none."""
        await stage.database.value(TERMINATE)
        taken.extend(await _all_connections(stage))
        return str(await health.ask("/health/ready"))

    try:
        await eventually(refused, lambda answer: "53300" in answer)
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


async def test_a_locked_table_pauses_a_worker_which_takes_no_more_in_each_time_it_tries(stage: Stage) -> None:
    inputs = checkouts(400)
    worker, health = await stage.start(prefetch=40, batch_size=20)
    async with stage.gate():
        await stage.send(inputs)
        await health.until_not_ready("55P03", within=30)
        # The database takes small writes: the worker's row tells of its pause.
        state = "SELECT state FROM workers"
        await eventually(lambda: stage.database.value(state), lambda shown: shown == "paused")
        await eventually(lambda: _times_paused(worker), lambda times: times >= 3, within=60)
        assert await stage.ready("cart.checkout") >= len(inputs) - 3 * 40
    await _resumed(worker, health)
    await stage.assert_nothing_lost(inputs, worker)


async def _times_paused(worker: WorkerProcess) -> int:
    return worker.times_logged("worker.paused")


async def test_a_deadlock_is_decided_again(stage: Stage) -> None:
    first, second = sorted((a_request("a"), a_request("a")), key=lambda each: each.customer_id)
    before, inputs = checkouts(2), [Input.of(first), Input.of(second)]
    worker, _ = await stage.start()
    async with Database(stage.database.url) as gate, Database(stage.database.url) as other:
        await gate.execute("BEGIN; LOCK TABLE checkouts")
        # Both of the worker's pipelines wait at the gate, so that the two carts come in one batch.
        await stage.send(before)
        await stage.until_at_gate(2)
        await stage.send(inputs)
        await eventually(lambda: stage.ready(CHECKOUT), lambda count: count == 0)
        await _make_cart(other, second, "BEGIN")
        await gate.execute("ROLLBACK")
        await stage.until_at_gate()
        # PostgreSQL ends the one that has waited for a second: that is the worker.
        await _make_cart(other, first)
        await other.execute("ROLLBACK")
    await stage.assert_nothing_lost([*before, *inputs], worker)
    assert "40P01" in worker.log.read_text("utf-8")


async def _make_cart(database: Database, request: Request, *before: str) -> None:
    for statement in before:
        await database.execute(statement)
    keys = request.customer_id, request.cart_id
    await database.execute("INSERT INTO carts (customer_id, cart_id) VALUES ($1, $2)", *keys)


async def test_serialization_failures_of_two_workers_are_decided_again(stage: Stage) -> None:
    requests = [a_request("a", "b") for _ in range(60)]
    again = [Request(each.lines, each.customer_id, each.cart_id) for each in requests]
    twice = [Input.of(each) for pair in zip(requests, again, strict=True) for each in pair]
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
            BEGIN RAISE EXCEPTION 'could not extend file' USING ERRCODE = '53100'; END $$
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
    await worker.until_logged_times("worker.paused", 4)
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
    first = a_request("a")
    unlucky = Request([*first.lines, a_line("b")], first.customer_id, first.cart_id)
    inputs = [Input.of(first), Input.of(unlucky)]
    worker, _ = await stage.start()
    await stage.send(inputs[:1])
    await stage.until_done(inputs[:1])
    async with held_cart(stage.database.url, first.cart_id):
        await stage.send(inputs[1:])
        await eventually(lambda: stage.database.value(WAITING))
        # The commit is under way, and its answer all that is missing.
        stage.to_database.freeze(Way.TO_CLIENT)
    stored = "SELECT count(*) FROM checkouts WHERE message_id = $1"
    await eventually(lambda: stage.database.value(stored, unlucky.message_id), lambda count: count == 1)

    stage.to_database.reset()
    await stage.to_database.mend()
    await worker.until_logged("worker.paused")
    await stage.assert_nothing_lost(inputs, worker)
