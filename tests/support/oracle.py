"""What has to be true after any crash: told by rows and messages alone."""

import json
from collections import Counter
from collections.abc import Iterable, Sequence

from tests.support.broker import QUEUES, Broker, Message, Subscriber, distinct
from tests.support.carts import Request
from tests.support.database import Database
from tests.support.eventually import eventually


async def every_checkout_answered(database: Database, events: Subscriber, sent: Sequence[Request]) -> None:
    """Wait until each request has its row, its event, and the mark that the event was published."""
    await eventually(lambda: database.count("checkouts"), lambda count: count >= len(sent), within=60)
    await events.until_ids(len(sent), within=60)
    unmarked = "SELECT count(*) FROM checkouts WHERE publication = 'pending'"
    await eventually(lambda: database.value(unmarked), lambda count: count == 0, within=60)


async def assert_ordered_once(
    database: Database, broker: Broker, events: Iterable[Message], sent: Sequence[Request]
) -> None:
    """All of these carts are ordered, each group once, and everybody was told. No worker runs any more."""
    await _assert_rows(database, sent)
    await _assert_events(database, list(events))
    assert {queue: await broker.ready(queue) for queue in QUEUES} == dict.fromkeys(QUEUES, 0)


async def _assert_rows(database: Database, sent: Sequence[Request]) -> None:
    orders = await database.rows("SELECT customer_id, cart_id, order_group, message_id FROM orders")
    found = Counter((str(row["customer_id"]), str(row["cart_id"]), row["order_group"]) for row in orders)
    wanted = {(each.customer_id, each.cart_id, group) for each in sent for group in each.groups}
    assert found == Counter(wanted)

    checkouts = await database.rows("SELECT customer_id, message_id, event_type, publication FROM checkouts")
    identities = Counter((str(row["customer_id"]), row["message_id"]) for row in checkouts)
    assert identities == Counter({(each.customer_id, each.message_id) for each in sent})
    assert {(row["event_type"], row["publication"]) for row in checkouts} == {
        ("checkout.completed", "published")
    }
    assert {(str(row["customer_id"]), row["message_id"]) for row in orders} <= identities.keys()

    carts = {(each.customer_id, each.cart_id): each for each in sent}
    lines = sum(len(each.lines) for each in carts.values())
    assert await database.count("order_line_items") == lines
    status = await database.rows("SELECT status, count(*) AS count FROM carts GROUP BY status")
    assert status == [{"status": "Ordered", "count": len(carts)}]
    assert await database.count("order_errors") == 0


async def _assert_events(database: Database, events: Sequence[Message]) -> None:
    """Each stored event was heard at least once, all copies are the same, and nothing else was heard."""
    heard = distinct(events)
    stored = await database.rows("SELECT event_id, event_type, source, body FROM checkouts")
    assert heard.keys() == {str(row["event_id"]) for row in stored}
    for row in stored:
        event = heard[str(row["event_id"])]
        assert (event.routing_key, event.body) == (f"{row['event_type']}.{row['source']}", row["body"])
    told = Counter(order["id"] for event in heard.values() for order in json.loads(event.body)["orders"])
    orders = await database.rows("SELECT order_id FROM orders")
    assert told.keys() == {str(row["order_id"]) for row in orders}
