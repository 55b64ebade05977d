"""From a stored event of an update to a published one: returned events, republication, and the sweeper."""

from tests.support.broker import UPDATE, Broker, Subscriber, distinct
from tests.support.carts import a_request
from tests.support.command_line import CommandLine
from tests.support.database import Database
from tests.support.eventually import eventually
from tests.support.in_process import consuming
from worker.settings import Settings

PUBLICATIONS = "SELECT DISTINCT publication FROM cart_updates"


async def until_all(database: Database, publication: str) -> None:
    wanted = [{"publication": publication}]
    await eventually(lambda: database.rows(PUBLICATIONS), lambda rows: rows == wanted)


async def test_an_update_that_nobody_hears_is_marked_as_returned_and_sent_again_on_request(
    broker: Broker, database: Database, settings: Settings, command_line: CommandLine
) -> None:
    async with consuming(settings):
        await broker.submit(a_request("a"), key=UPDATE)
        await until_all(database, "returned")
    events = await broker.subscribe()

    sent = await command_line.run("results", "republish", "--returned")

    assert (sent.code, sent.out) == (0, "1 event sent, 0 returned again\n")
    (event,) = await events.until(1)
    assert event.body == await database.value("SELECT body FROM cart_updates")
    await until_all(database, "published")


async def test_the_sweeper_publishes_updates_that_were_committed_and_not_marked(
    broker: Broker, events: Subscriber, database: Database, settings: Settings
) -> None:
    async with consuming(settings):
        await broker.submit(*(a_request("a") for _ in range(20)), key=UPDATE)
        await broker.submit(a_request("a"))
        await events.until(21)
    for table in ("cart_updates", "checkouts"):
        await database.execute(
            f"UPDATE {table} SET publication = 'pending', published_at = NULL, "  # noqa: S608 - no input
            "attempted_at = now() - interval '1 hour'"
        )
    async with consuming(settings):
        await until_all(database, "published")
        await events.until(42)
    assert len(distinct(events.messages)) == 21
