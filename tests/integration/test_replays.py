"""Dead letters are replayed: each once, settled together with what it leads to."""

import asyncio
import json
from secrets import token_hex
from typing import Any

import pytest

from tests.support.archive import archived, history
from tests.support.broker import CHECKOUT, DEAD_LETTERS, SOURCE, UPDATE, Broker, Subscriber
from tests.support.carts import Request, a_line, a_request, guid, requests
from tests.support.command_line import CommandLine
from tests.support.database import Database
from tests.support.eventually import eventually
from tests.support.in_process import archiving_by, consuming
from tests.support.replays import LAPSED, actions, replayed, set_aside, states, strict
from worker.settings import Settings

Stage = dict[str, Any]
# A sequence is not rolled back: the first update fails, the others do not.
ONE_DEADLOCK = """
CREATE SEQUENCE updates;
CREATE FUNCTION fail_once() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF nextval('updates') = 1 THEN
        RAISE EXCEPTION 'deadlock detected' USING ERRCODE = '40P01';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER fail_once BEFORE UPDATE ON dead_letters FOR EACH ROW EXECUTE FUNCTION fail_once();
"""


@pytest.fixture
def stage(broker: Broker, database: Database, settings: Settings) -> Stage:
    return {"broker": broker, "database": database, "settings": settings}


async def test_a_replay_after_the_cure_is_resolved_with_one_set_of_orders(
    stage: Stage, events: Subscriber, database: Database, settings: Settings, command_line: CommandLine
) -> None:
    sent = requests(5, "a", "b")
    await set_aside(sent, **stage)
    async with consuming(archiving_by(settings)):
        ended = await replayed(command_line, "--yes", "--why", "limit raised", "--by", "ann")

    assert ended.code == 0, ended.err
    assert len(ended.document["resolved"]) == ended.document["sent"] == 5
    assert set((await states(database)).values()) == {"resolved"}
    assert await database.count("orders") == 10
    entries = await database.rows("SELECT * FROM dead_letters")
    links = {(str(row["outcome_customer_id"]), row["outcome_message_id"]) for row in entries}
    assert links == {(each.customer_id, each.message_id) for each in sent}
    completed = [each for each in events.messages if each.properties.message_type == "checkout.completed"]
    assert len({each.id for each in completed}) == 5
    by_ann = await actions(database, "replayed")
    assert {(each["actor"], each["why"]) for each in by_ann} == {("ann", "limit raised")}
    assert {(each["state_before"], each["state_after"]) for each in by_ann} == {("parked", "replaying")}
    settled = await actions(database, "resolved")
    assert len(settled) == 5
    assert {json.loads(each["details"])["messageId"] for each in settled} == {
        each.message_id for each in sent
    }


async def test_a_replay_of_what_was_ordered_meanwhile_orders_nothing_again(
    stage: Stage, broker: Broker, database: Database, settings: Settings, command_line: CommandLine
) -> None:
    (request,) = requests(1, "a", "b")
    await set_aside([request], **stage)
    async with consuming(archiving_by(settings)):
        await broker.submit(request)
        await eventually(lambda: database.count("orders"), lambda count: count == 2)
        ended = await replayed(command_line, request.message_id)
    assert (ended.code, len(ended.document["resolved"])) == (0, 1)
    assert (await database.count("orders"), await database.count("checkouts")) == (2, 1)


async def test_a_replay_before_the_cure_fails_again_on_the_same_entry(
    stage: Stage, broker: Broker, database: Database, settings: Settings, command_line: CommandLine
) -> None:
    (request,) = requests(1, "a", "b")
    await set_aside([request], **stage)
    async with consuming(strict(settings)):
        failed = await replayed(command_line, request.message_id)
    assert (failed.code, len(failed.document["failedAgain"])) == (1, 1)
    (entry,) = await archived(database, 1)
    assert (entry["state"], entry["failures"], entry["replay_token"]) == ("failed-again", 2, None)

    async with consuming(archiving_by(settings)):
        assert (await replayed(command_line, request.message_id)).code == 0
    assert await history(database) == [
        ("archived", None, "parked"),
        ("replayed", "parked", "replaying"),
        ("failed-again", "replaying", "failed-again"),
        ("replayed", "failed-again", "replaying"),
        ("resolved", "replaying", "resolved"),
    ]
    assert await broker.ready(DEAD_LETTERS) == 0


async def test_an_update_is_replayed_as_an_update(
    stage: Stage, database: Database, settings: Settings, command_line: CommandLine
) -> None:
    (update,) = requests(1, "a", "b")
    await set_aside([update], **stage, key=UPDATE)
    async with consuming(archiving_by(settings)):
        assert (await replayed(command_line, update.message_id)).code == 0
    assert (await database.count("cart_updates"), await database.count("orders")) == (1, 0)


async def test_two_replays_at_once_cause_one(
    stage: Stage, database: Database, settings: Settings, command_line: CommandLine
) -> None:
    await set_aside(requests(40, "a", "b"), **stage)
    async with consuming(archiving_by(settings)):
        both = await asyncio.gather(*(replayed(command_line, "--yes") for _ in range(2)))
    assert [each.code for each in both] == [0, 0]
    assert sum(each.document["sent"] for each in both) == 40
    assert len(await actions(database, "replayed")) == len(await actions(database, "resolved")) == 40
    assert await database.count("orders") == 80


async def test_a_forged_token_changes_nothing(
    stage: Stage, broker: Broker, database: Database, settings: Settings, command_line: CommandLine
) -> None:
    (letter,) = requests(1, "a", "b")
    await set_aside([letter], **stage)
    assert (await replayed(command_line, letter.message_id, "--wait", "0")).code == 0
    await broker.purge()
    before = await database.rows("SELECT * FROM dead_letters")
    for token in (token_hex(32), token_hex(31), "", bytearray(b"\xff" * 32), 7, [token_hex(32)], "\0"):
        await broker.publish(a_request("a").body, message_id=guid(), headers={"x-replay-token": token})
    async with consuming(archiving_by(settings)):
        await eventually(lambda: database.count("orders"), lambda count: count == 7)
    assert await database.rows("SELECT * FROM dead_letters") == before


async def test_a_token_settles_once(
    stage: Stage, broker: Broker, database: Database, settings: Settings, command_line: CommandLine
) -> None:
    """The replay's own message comes first; whoever copied the token from it comes too late."""
    (letter,) = requests(1, "a", "b")
    await set_aside([letter], **stage)
    await replayed(command_line, letter.message_id, "--wait", "0")
    token = (await database.value("SELECT replay_token FROM dead_letters")).hex()
    async with consuming(archiving_by(settings)):
        await eventually(lambda: states(database), lambda found: "resolved" in found.values())
        settled = await database.rows("SELECT * FROM dead_letters")
        for body in (a_request("a").body, b"not JSON"):
            headers = {"x-replay-token": token}
            await broker.publish(body, message_id=guid(), app_id=SOURCE, headers=headers)
        await archived(database, 2)
        await eventually(lambda: database.count("orders"), lambda count: count == 3)
    assert await database.rows("SELECT * FROM dead_letters WHERE state = 'resolved'") == settled


async def test_a_claim_without_an_outcome_lapses(
    stage: Stage, broker: Broker, database: Database, settings: Settings, command_line: CommandLine
) -> None:
    (letter,) = requests(1, "a", "b")
    await set_aside([letter], **stage)
    first = await replayed(command_line, letter.message_id, "--wait", "0", "--by", "ann")
    assert (first.code, len(first.document["pending"])) == (0, 1)
    await broker.purge()
    too_early = await replayed(command_line, letter.message_id, "--wait", "0")
    assert (too_early.document["sent"], len(too_early.document["skipped"])) == (0, 1)
    assert await broker.ready() == 0

    await database.execute(LAPSED)
    async with consuming(archiving_by(settings)):
        again = await replayed(command_line, "--yes", "--by", "bob")
    assert (again.code, len(again.document["resolved"])) == (0, 1)
    rows = await database.rows("SELECT action, actor FROM dead_letter_actions ORDER BY action_number")
    done = [(row["action"], row["actor"]) for row in rows]
    assert done[1:4] == [("replayed", "ann"), ("lapsed", "bob"), ("replayed", "bob")]


async def test_those_that_somebody_else_is_replaying_are_told_with_the_time_when_they_are_free(
    stage: Stage, broker: Broker, command_line: CommandLine
) -> None:
    letters = requests(3, "a", "b")
    await set_aside(letters, **stage)
    await replayed(command_line, letters[0].message_id, "--wait", "0", "--by", "ann")
    planned = (await replayed(command_line, "--dry-run")).document
    (held,) = planned["held"]
    assert (len(planned["chosen"]), held["by"], held["count"]) == (2, "ann", 1)
    named = (await replayed(command_line, letters[0].message_id, "--dry-run")).document
    assert (named["chosen"], named["held"]) == ([], [held])
    told = await command_line.run("dead-letters", "replay", "--yes", "--wait", "0")
    assert "skipped 1, which ann is replaying" in told.err
    until = held["until"][:19].replace("T", " ")
    assert f"replayed again from {until} UTC" in told.err
    assert await broker.ready() == 3


async def test_a_claim_that_meets_a_deadlock_is_made_once_more(
    stage: Stage, broker: Broker, database: Database, command_line: CommandLine
) -> None:
    await set_aside(requests(3, "a", "b"), **stage)
    await database.execute(ONE_DEADLOCK)
    ended = await replayed(command_line, "--yes", "--wait", "0")
    assert (ended.code, ended.document["sent"], await broker.ready()) == (0, 3, 3)
    assert await database.value("SELECT last_value FROM updates") > 3
    assert len(await actions(database, "replayed")) == 3


async def test_an_outcome_that_comes_late_still_counts(
    stage: Stage, database: Database, settings: Settings, command_line: CommandLine
) -> None:
    """A claim that may lapse is not void before somebody else claims."""
    (letter,) = requests(1, "a", "b")
    await set_aside([letter], **stage)
    await replayed(command_line, letter.message_id, "--wait", "0")
    await database.execute(LAPSED)
    async with consuming(archiving_by(settings)):
        await eventually(lambda: states(database), lambda found: "resolved" in found.values())
    assert await database.count("orders") == 2


async def test_the_message_of_a_lapsed_claim_does_not_settle_the_next_one(
    stage: Stage, broker: Broker, database: Database, settings: Settings, command_line: CommandLine
) -> None:
    (letter,) = requests(1, "a", "b")
    await set_aside([letter], **stage)
    await replayed(command_line, letter.message_id, "--wait", "0")
    await database.execute(LAPSED)
    await replayed(command_line, letter.message_id, "--wait", "0")
    assert await broker.ready() == 2
    async with consuming(archiving_by(settings)):
        await eventually(lambda: states(database), lambda found: "resolved" in found.values())
        await eventually(broker.ready, lambda count: count == 0)
    assert len(await actions(database, "resolved")) == 1
    assert await database.count("orders") == 2


async def test_a_replay_carries_what_the_worker_reads_and_nothing_that_steers_the_broker(
    broker: Broker, database: Database, settings: Settings, command_line: CommandLine
) -> None:
    (letter,) = requests(1, "a", "b")
    spied = await broker.subscribe(CHECKOUT, "cart.commands")
    kept = {"traceparent": f"00-{'a' * 32}-{'b' * 16}-01", "tracestate": "x=1", "ce-subject": "s"}
    await broker.publish(
        letter.body,
        message_id=letter.message_id,
        correlation_id="ticket 1",
        app_id=SOURCE,
        content_type="application/json",
        expiration="600000",
        priority=5,
        headers=kept | {"BCC": ["elsewhere"], "x-death": [{"count": 3}], "x-delay": 5, "tenant": "t"},
    )
    async with consuming(strict(settings)):
        (entry,) = await archived(database, 1)
    await replayed(command_line, letter.message_id, "--wait", "0", "--by", "ann")

    _, message = await spied.until(2)
    token = (await database.value("SELECT replay_token FROM dead_letters")).hex()
    whose = {"x-replay-token": token, "x-replayed-by": "ann", "x-replay-of": entry["dead_letter_id"]}
    assert message.headers == kept | whose
    properties = message.properties
    assert (properties.message_id, properties.correlation_id) == (letter.message_id, "ticket 1")
    assert (properties.app_id, properties.content_type) == (SOURCE, "application/json")
    assert (properties.expiration, properties.user_id, properties.priority) == (None, None, None)
    assert (message.body, properties.delivery_mode) == (letter.body, 2)


async def test_what_has_no_route_is_replayed_as_what_the_operator_says(
    broker: Broker, database: Database, settings: Settings, command_line: CommandLine
) -> None:
    request = Request(lines=[a_line("a")])
    await broker.publish(request.body, key="cart.chekout", message_id=request.message_id, app_id=SOURCE)
    async with consuming(archiving_by(settings)):
        await archived(database, 1)
        unsaid = await replayed(command_line, request.message_id)
        assert (unsaid.code, len(unsaid.document["problems"])) == (1, 1)
        assert set((await states(database)).values()) == {"parked"}
        assert (await replayed(command_line, request.message_id, "--as", "cart.checkout")).code == 0
    assert await states(database) == {request.message_id: "resolved"}
    assert await database.count("orders") == 1
