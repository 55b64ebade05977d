"""From a stored event to a published one: returned events, republication, and the sweeper."""

from datetime import UTC, datetime, timedelta

import pytest
from prometheus_client import REGISTRY

from tests.support.broker import Broker, Subscriber, distinct
from tests.support.carts import a_request, requests
from tests.support.command_line import CommandLine
from tests.support.database import Database
from tests.support.eventually import eventually
from tests.support.in_process import consuming
from worker.settings import Settings

PUBLICATIONS = "SELECT publication, count(*) AS count FROM checkouts GROUP BY publication ORDER BY 1"
OVERDUE = """
UPDATE checkouts SET publication = 'pending', published_at = NULL, attempted_at = now() - interval '1 hour'
"""


async def _until_all(database: Database, publication: str, count: int) -> None:
    wanted = [{"publication": publication, "count": count}]
    await eventually(lambda: database.rows(PUBLICATIONS), lambda rows: rows == wanted)


async def _returned() -> float:
    return REGISTRY.get_sample_value("checkout_events_returned_total") or 0.0


@pytest.mark.usefixtures("worker")
async def test_a_result_that_nobody_is_bound_to_is_final_and_marked_as_returned(
    broker: Broker, database: Database
) -> None:
    await broker.submit(*requests(3, "a"))
    await _until_all(database, "returned", 3)
    assert await database.count("orders") == 3
    assert await broker.ready() == 0


async def test_returned_results_are_sent_again_on_request(
    broker: Broker, database: Database, settings: Settings, command_line: CommandLine
) -> None:
    unheard = requests(3, "a")
    async with consuming(settings):
        await broker.submit(*unheard)
        await _until_all(database, "returned", 3)
    events = await broker.subscribe()

    assert (await command_line.run("results", "republish", "--returned")).code == 0
    await events.until(3)
    await _until_all(database, "published", 3)
    stored = await database.rows("SELECT event_id, body FROM checkouts")
    assert {each.id: each.body for each in events.messages} == {
        str(row["event_id"]): row["body"] for row in stored
    }
    assert (await command_line.run("results", "republish", "--returned")).out.startswith("0 events sent")


async def test_results_that_are_returned_again_are_a_problem(
    broker: Broker, database: Database, settings: Settings, command_line: CommandLine
) -> None:
    async with consuming(settings):
        await broker.submit(a_request("a"))
        await _until_all(database, "returned", 1)
    again = await command_line.run("results", "republish", "--returned")
    assert (again.code, again.out) == (1, "1 event sent, 1 returned again\n")
    assert "bind one to checkout.results" in again.err
    dry = await command_line.run("results", "republish", "--returned", "--dry-run")
    assert (dry.code, dry.out, dry.err) == (0, "1 event would be sent\n", "")
    await _until_all(database, "returned", 1)


async def test_a_dry_run_sends_nothing(
    broker: Broker, events: Subscriber, settings: Settings, command_line: CommandLine
) -> None:
    async with consuming(settings):
        await broker.submit(a_request("a"))
        await events.until(1)
    dry = await command_line.run("results", "republish", "--since", "2026-01-01", "--dry-run")
    assert (dry.code, dry.out.rstrip()) == (0, "1 event would be sent")
    assert len(events.messages) == 1


async def test_only_the_results_of_one_source_are_sent_again(
    broker: Broker, events: Subscriber, settings: Settings, command_line: CommandLine
) -> None:
    async with consuming(settings):
        for count, source in enumerate(("shop a", "shop b"), 1):
            await broker.submit(*requests(count, "a"), source=source)
        await events.until(3)
    sent = await command_line.run("results", "republish", "--since", "1h", "--source", "shop-b")
    assert (sent.code, sent.out) == (0, "2 events sent, 0 returned again\n")
    assert [each.routing_key for each in (await events.until(5))[3:]] == ["checkout.completed.shop-b"] * 2


async def test_a_time_without_a_zone_is_in_utc_wherever_the_operator_is(
    broker: Broker, events: Subscriber, settings: Settings, command_line: CommandLine
) -> None:
    async with consuming(settings):
        await broker.submit(a_request("a"))
        await events.until(1)
    in_new_york = CommandLine({**command_line.environment, "TZ": "EST5"}, command_line.directory)
    an_hour_ago = datetime.now(UTC) - timedelta(hours=1)
    since = an_hour_ago.replace(tzinfo=None).isoformat(timespec="seconds")
    dry = await in_new_york.run("results", "republish", "--since", since, "--dry-run")
    assert (dry.code, dry.out.rstrip()) == (0, "1 event would be sent")


async def test_all_results_since_a_moment_are_sent_again_unchanged(
    broker: Broker,
    events: Subscriber,
    database: Database,
    settings: Settings,
    command_line: CommandLine,
) -> None:
    """More than a page of them."""
    async with consuming(settings):
        await broker.submit(*requests(450, "a"))
        await events.until(450)
    await database.execute(
        "UPDATE checkouts SET created_at = '2020-01-01' WHERE message_id IN "
        "(SELECT message_id FROM checkouts LIMIT 100)"
    )
    sent = await command_line.run("results", "republish", "--since", "2021-01-01T00:00:00+00:00")
    assert (sent.code, sent.out) == (0, "350 events sent, 0 returned again\n")
    await events.until(800)
    assert len(distinct(events.messages)) == 450


async def test_the_sweeper_publishes_what_was_committed_and_not_marked(
    broker: Broker, events: Subscriber, database: Database, settings: Settings
) -> None:
    """More than it takes at a time, and two sweepers at once: each event comes once."""
    async with consuming(settings):
        await broker.submit(*requests(450, "a"))
        await events.until(450)
    await database.execute(OVERDUE)
    async with consuming(settings), consuming(settings):
        await _until_all(database, "published", 450)
    assert len(events.messages) == 900
    assert len(distinct(events.messages)) == 450


async def test_the_sweeper_leaves_young_events_to_whoever_committed_them(
    broker: Broker, events: Subscriber, database: Database, settings: Settings
) -> None:
    async with consuming(settings):
        await broker.submit(*requests(2, "a"))
        await events.until(2)
    await database.execute(OVERDUE)
    await database.execute(
        "UPDATE checkouts SET attempted_at = now() WHERE message_id = (SELECT min(message_id) FROM checkouts)"
    )
    async with consuming(settings):
        await events.until(3)
        young = "SELECT publication FROM checkouts ORDER BY message_id LIMIT 1"
        assert await database.value(young) == "pending"


async def test_a_swept_event_that_nobody_is_bound_to_is_marked_and_counted_as_returned(
    broker: Broker, database: Database, settings: Settings
) -> None:
    async with consuming(settings):
        await broker.submit(a_request("a"))
        await _until_all(database, "returned", 1)
    before = await _returned()
    await database.execute(OVERDUE)
    async with consuming(settings):
        await _until_all(database, "returned", 1)
        await eventually(_returned, lambda count: count == before + 1)


@pytest.mark.usefixtures("worker")
async def test_marks_follow_within_a_second_or_two_without_further_messages(
    broker: Broker, events: Subscriber, database: Database
) -> None:
    await broker.submit(a_request("a"))
    await events.until(1)
    await _until_all(database, "published", 1)
    assert await database.value("SELECT published_at >= created_at FROM checkouts")
