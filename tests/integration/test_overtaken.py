"""A cart that another worker changes between load and commit: it is loaded and decided again."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from typing import Any

import asyncpg
import pytest

from tests.builders import a_cart, a_checkout, a_checkout_by_reference, a_command, a_line, an_open_catalog
from tests.support.broker import Broker, Subscriber
from tests.support.carts import Request, a_request, guid
from tests.support.database import Database
from tests.support.eventually import eventually
from tests.support.in_process import consuming
from worker.checkout.catalog import Catalog
from worker.checkout.command import Command
from worker.checkout.decide import decide
from worker.checkout.decision import Decided
from worker.checkout.situation import Situation
from worker.postgres.checkouts import BatchStore, Checkouts, Mark, Publication
from worker.postgres.pool import open_pool
from worker.settings import Settings

CATALOG = an_open_catalog()
TOKEN = bytes(range(32))
SLOW_INSERTS = """
CREATE FUNCTION take_a_while() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN PERFORM pg_sleep(0.2); RETURN NEW; END $$;
CREATE TRIGGER take_a_while BEFORE INSERT ON outcomes FOR EACH ROW EXECUTE FUNCTION take_a_while();
CREATE TRIGGER take_a_while BEFORE INSERT ON order_errors FOR EACH ROW EXECUTE FUNCTION take_a_while();
"""


@pytest.fixture
async def checkouts(database: Database) -> AsyncIterator[Checkouts]:
    pool = await open_pool(database.url, connections=2, application="tests")
    yield Checkouts(pool)
    await pool.close()


def a_cart_of(cart_id: str) -> dict[str, Any]:
    return a_cart(a_line(orderGroup="good"), a_line(orderGroup="bad", termDuration="never"), id=cart_id)


def asked(message_id: str, cart_id: str) -> Command:
    return a_command(a_checkout(a_cart_of(cart_id)), message_id=message_id)


async def decided(store: BatchStore, commands: Sequence[Command]) -> list[Decided]:
    situations = await store.load(commands, CATALOG)
    decisions = (decide(*each, CATALOG) for each in zip(commands, situations, strict=True))
    return [each for each in decisions if isinstance(each, Decided)]


async def count(database: Database, table: str, message_id: str) -> Any:
    return await database.value(
        f"SELECT count(*) FROM {table} WHERE message_id = $1",  # noqa: S608 - a table of ours
        message_id,
    )


async def test_of_a_batch_all_is_written_but_what_others_changed(
    checkouts: Checkouts, database: Database
) -> None:
    own, shared = guid(), guid()
    theirs = asked("theirs", shared)
    async with checkouts.batch() as here, checkouts.batch() as there:
        batch = await decided(here, [asked("alone", own), asked("late", shared)])
        assert await there.commit(await decided(there, [theirs])) == set()
        overtaken = await here.commit(
            batch, marks=[Mark(theirs.customer_id, "theirs", Publication.PUBLISHED)]
        )

    assert overtaken == {theirs.cart_key}
    for table in ("outcomes", "orders", "order_errors"):
        assert [await count(database, table, each) for each in ("alone", "late", "theirs")] == [1, 0, 1], (
            table
        )
    assert await database.count("order_line_items") == 2
    assert await database.value("SELECT array_agg(version) FROM carts") == [1, 1]
    published = "SELECT message_id FROM outcomes WHERE publication = 'published'"
    assert await database.value(published) == "theirs"


async def test_what_was_overtaken_stands_when_it_was_loaded_again(
    checkouts: Checkouts, database: Database
) -> None:
    cart = guid()
    late = asked("late", cart)
    async with checkouts.batch() as here, checkouts.batch() as there:
        batch = await decided(here, [late])
        assert await there.commit(await decided(there, [asked("theirs", cart)])) == set()
        assert await here.commit(batch) == {late.cart_key}
        assert await here.commit(await decided(here, [late])) == set()

    assert await database.value("SELECT array_agg(cart_version ORDER BY cart_version) FROM outcomes") == [
        1,
        2,
    ]
    assert await database.count("orders") == 1


async def test_an_answer_that_changes_no_cart_is_written_whoever_changed_it(
    checkouts: Checkouts, database: Database
) -> None:
    refused = a_command(a_checkout_by_reference(), message_id="refused")
    async with checkouts.batch() as here, checkouts.batch() as there:
        batch = await decided(here, [refused])
        assert await there.commit(await decided(there, [asked("theirs", refused.cart_id)])) == set()
        assert await here.commit(batch) == set()

    assert await count(database, "order_errors", "refused") == 1


async def test_a_replay_is_not_settled_by_what_was_overtaken(
    checkouts: Checkouts, database: Database
) -> None:
    await database.execute(
        """
        INSERT INTO dead_letters (dead_letter_id, state, code, reason, fingerprint, pattern, set_aside_by,
            exchange, routing_key, source, properties, body, words, asked_at, first_failed_at, last_failed_at,
            replay_token, claimed_at, claimed_by)
        VALUES ('letter', 'replaying', 'c', '', 'f', '', 'worker', '', '', '', '', '', '',
            now(), now(), now(), $1, now(), 'ann')
        """,
        TOKEN,
    )
    state = "SELECT state FROM dead_letters"
    cart = guid()
    late = replace(asked("late", cart), replay_token=TOKEN)
    async with checkouts.batch() as here, checkouts.batch() as there:
        batch = await decided(here, [late])
        assert await there.commit(await decided(there, [asked("theirs", cart)])) == set()
        assert await here.commit(batch, replays=[late]) == {late.cart_key}
        assert await database.value(state) == "replaying"
        assert await here.commit(await decided(here, [late]), replays=[late]) == set()
    assert await database.value(state) == "resolved"


async def test_a_worker_that_is_overtaken_decides_again_and_orders_once(
    broker: Broker, events: Subscriber, database: Database, settings: Settings
) -> None:
    """Somebody has the cart's row when the worker commits, and changes it."""
    first, others = a_request("a"), [a_request("a") for _ in range(20)]
    again = Request(first.lines, first.customer_id, first.cart_id)
    async with consuming(settings):
        await broker.submit(first)
        await events.until(1)
        async with Database(database.url) as other:
            await other.execute("BEGIN; UPDATE carts SET version = version + 1")
            await broker.submit(again, *others)
            waiting = "SELECT count(*) FROM pg_locks WHERE NOT granted"
            await eventually(lambda: database.value(waiting), lambda found: found > 0)
            await other.execute("COMMIT")
        await events.until(22)

    version = "SELECT version FROM carts WHERE cart_id = $1"
    assert await database.value(version, first.cart_id) == 3
    assert await database.count("orders") == 21
    assert await database.count("outcomes") == 22


async def test_who_holds_a_cart_is_not_overtaken(checkouts: Checkouts, database: Database) -> None:
    cart = guid()
    first, mine, theirs = (asked(each, cart) for each in ("first", "mine", "theirs"))
    async with checkouts.batch() as there:
        assert await there.commit(await decided(there, [first])) == set()
        meanwhile = await decided(there, [theirs])
        async with checkouts.holding([first.cart_key]) as here:
            batch = await decided(here, [mine])
            waiting = asyncio.create_task(there.commit(meanwhile))
            held = "SELECT count(*) FROM pg_locks WHERE NOT granted"
            await eventually(lambda: database.value(held), lambda found: found > 0)
            assert await here.commit(batch) == set()
        assert await waiting == {theirs.cart_key}

    assert [await count(database, "outcomes", each) for each in ("mine", "theirs")] == [1, 0]


async def test_a_slow_worker_gets_its_turn_at_a_cart_that_others_change_all_the_time(
    broker: Broker,
    events: Subscriber,
    database: Database,
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    first, load = a_request("a"), BatchStore.load
    again = Request(first.lines, first.customer_id, first.cart_id)

    async def slowly(store: BatchStore, commands: Sequence[Command], catalog: Catalog) -> list[Situation]:
        situations = await load(store, commands, catalog)
        await asyncio.sleep(0.05)
        return situations

    monkeypatch.setattr(BatchStore, "load", slowly)
    async with consuming(settings):
        await broker.submit(first)
        await events.until(1)
        await broker.submit(again)
        told, changes = asyncio.create_task(events.until(2)), 0
        while not told.done():
            await database.execute("UPDATE carts SET version = version + 1")
            changes += 1
        await told

    assert changes > 1
    assert {each.properties.message_type for each in events.messages} == {"checkout.completed"}


async def test_batches_with_the_same_answers_in_another_order_do_not_deadlock(
    checkouts: Checkouts, database: Database
) -> None:
    await database.execute(SLOW_INSERTS)
    unknown = (a_checkout_by_reference() | {"cartId": guid()} for _ in range(2))
    commands = [a_command(each, message_id=f"number-{n}") for n, each in enumerate(unknown)]
    async with checkouts.batch() as here, checkouts.batch() as there:
        batches = await decided(here, commands), await decided(there, commands[::-1])
        ended = await asyncio.gather(
            here.commit(batches[0]), there.commit(batches[1]), return_exceptions=True
        )

    assert [type(each) for each in ended if isinstance(each, Exception)] == [asyncpg.UniqueViolationError]
    assert await database.count("outcomes") == 2
