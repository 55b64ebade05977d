"""What became of every message: told by rows and messages alone. The words are those of Jepsen's checkers."""

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from tests.support.broker import Message
from tests.support.database import Database
from tests.support.inputs import Input

_STORED: Final = "SELECT message_id, event_id, event_type, source, body, publication FROM outcomes"
_ORDERS: Final = "SELECT customer_id, cart_id, order_group, order_id FROM orders"
_ERRORS: Final = "SELECT message_id FROM order_errors"


@dataclass(slots=True)
class Account:
    """Of the messages that were sent; what is wrong is told in words, one an entry."""

    attempted: int = 0
    acknowledged: int = 0
    ok: int = 0
    recovered: int = 0
    """Not acknowledged by the broker, and done all the same."""
    repeated: int = 0
    """Copies of events that subscribers have to tell by their id: allowed, and counted."""
    lost: list[str] = field(default_factory=list)
    duplicated: list[str] = field(default_factory=list)
    unexpected: list[str] = field(default_factory=list)

    @property
    def is_clean(self) -> bool:
        return not (self.lost or self.duplicated or self.unexpected)

    @property
    def figures(self) -> dict[str, int]:
        """In the order in which to show them."""
        names = ("attempted", "acknowledged", "ok", "recovered", "repeated")
        wrong = {name: len(getattr(self, name)) for name in ("lost", "duplicated", "unexpected")}
        return {name: getattr(self, name) for name in names} | wrong


@dataclass(slots=True)
class Traces:
    """What was found after a run."""

    stored: list[dict[str, Any]]
    orders: list[dict[str, Any]]
    errors: list[dict[str, Any]]
    lines: int
    events: Sequence[Message]
    dead_letters: Sequence[Message]

    @classmethod
    async def found(
        cls, database: Database, events: Sequence[Message], dead_letters: Sequence[Message]
    ) -> "Traces":
        lines = await database.count("order_line_items")
        stored, orders, errors = [await database.rows(sql) for sql in (_STORED, _ORDERS, _ERRORS)]
        return cls(stored, orders, errors, lines, events, dead_letters)


def account_of(inputs: Iterable[Input], traces: Traces, unacknowledged: Iterable[Input] = ()) -> Account:
    """Hold what was sent against what is there. An input counts once, however often it was sent."""
    sent = {each.message_id: each for each in inputs}
    attempted = {each.message_id: each for each in unacknowledged} | sent
    account = Account(attempted=len(attempted), acknowledged=len(sent))
    heard = _heard(traces.events, account)
    _judge_states(attempted, sent, _states(traces), account)
    _judge_events(traces.stored, heard, account)
    _judge_announcements(heard, traces, account)
    _judge_orders(attempted, sent, traces, account)
    return account


def _states(traces: Traces) -> dict[str, list[str]]:
    """The states in which each message is: one, if all is well."""
    states: dict[str, list[str]] = {}
    for row in traces.stored:
        states.setdefault(row["message_id"], []).append(row["event_type"])
    letters = {each.headers.get("x-dead-letter-id", each.id): each for each in traces.dead_letters}
    for letter in letters.values():
        code = letter.headers.get("x-dead-letter-code") or letter.headers.get("x-first-death-reason")
        states.setdefault(letter.id, []).append(str(code))
    return states


def _judge_states(
    attempted: dict[str, Input], sent: dict[str, Input], states: dict[str, list[str]], account: Account
) -> None:
    for message_id, each in attempted.items():
        found = states.pop(message_id, [])
        if not found and message_id in sent:
            account.lost.append(f"{each.key} {message_id}: no trace")
        elif found and found != [each.outcome]:
            account.unexpected.append(f"{each.key} {message_id}: {found} in place of {each.outcome}")
        elif found and message_id in sent:
            account.ok += 1
        elif found:
            account.recovered += 1
    account.unexpected += [f"message {name} was not sent, and is {state}" for name, state in states.items()]


def _heard(events: Sequence[Message], account: Account) -> dict[str, Message]:
    heard: dict[str, Message] = {}
    for event in events:
        first = heard.setdefault(event.id, event)
        if first.everything != event.everything:
            account.unexpected.append(f"copies of event {event.id} differ")
    account.repeated = len(events) - len(heard)
    return heard


def _judge_events(stored: list[dict[str, Any]], heard: dict[str, Message], account: Account) -> None:
    """Each stored event was heard, as it is stored, and is marked."""
    for row in stored:
        event = heard.get(str(row["event_id"]))
        if event is None:
            account.lost.append(f"{row['event_type']} of message {row['message_id']}: never heard")
        elif (event.routing_key, event.body) != (f"{row['event_type']}.{row['source']}", row["body"]):
            account.unexpected.append(f"event {event.id} was heard otherwise than it is stored")
        if row["publication"] != "published":
            account.unexpected.append(f"{row['event_type']} of {row['message_id']} is {row['publication']}")


def _judge_announcements(heard: dict[str, Message], traces: Traces, account: Account) -> None:
    """What was heard and is not stored announces a dead letter."""
    stored = {str(row["event_id"]) for row in traces.stored}
    letters = {each.id for each in traces.dead_letters}
    for event in heard.values():
        if event.id not in stored and not _announces(event, letters):
            account.unexpected.append(f"{event.routing_key} {event.id}: neither stored nor of a dead letter")


def _announces(event: Message, letters: set[str]) -> bool:
    body = json.loads(event.body)
    return body.get("deadLettered") is True and event.properties.correlation_id in letters


def _judge_orders(
    attempted: dict[str, Input], sent: dict[str, Input], traces: Traces, account: Account
) -> None:
    found = Counter(
        (str(row["customer_id"]), str(row["cart_id"]), row["order_group"]) for row in traces.orders
    )
    wanted = {key for each in sent.values() for key in each.groups}
    allowed = {key for each in attempted.values() for key in each.groups}
    account.duplicated += [f"{count} orders for {key}" for key, count in found.items() if count > 1]
    account.lost += [f"no order for {key}" for key in wanted - found.keys()]
    account.unexpected += [f"an order for {key}" for key in found.keys() - allowed]
    if traces.lines != len(traces.orders):
        account.unexpected.append(f"{traces.lines} lines in {len(traces.orders)} orders of one line each")
    _judge_told_orders(traces, account)
    bad = {each.message_id for each in attempted.values() if each.outcome.endswith(("partial", "failed"))}
    account.unexpected += [
        f"an error for {row['message_id']}" for row in traces.errors if row["message_id"] not in bad
    ]


def _judge_told_orders(traces: Traces, account: Account) -> None:
    """No event tells of an order that is not there."""
    there = {str(row["order_id"]) for row in traces.orders}
    told = {
        order["id"]
        for event in traces.events
        if event.routing_key.startswith("checkout.")
        for order in json.loads(event.body).get("orders", ())
    }
    account.unexpected += [f"order {order} is told of and not there" for order in told - there]
    account.unexpected += [f"nobody was told of order {order}" for order in there - told]
