"""Marks wait in the outbox for the next transaction, and come back where it fails."""

import asyncio

import asyncpg
import pytest

from tests.builders import CUSTOMER, a_command
from worker.amqp.outgoing import Receipt
from worker.outbox import Outbox
from worker.postgres.checkouts import Mark, Publication
from worker.postgres.stored_events import StoredEvents

FIRST = Mark(CUSTOMER, "m1", Publication.PUBLISHED)
SECOND = Mark(CUSTOMER, "m2", Publication.RETURNED)


@pytest.fixture
async def outbox() -> Outbox:
    """An outbox whose pool was never opened: whatever asked the database would fail."""
    pool = asyncpg.create_pool("postgresql://nobody@127.0.0.1:1/nothing", min_size=0)
    return Outbox(StoredEvents(pool))


def note(outbox: Outbox, *marks: Mark) -> None:
    for mark in marks:
        returned = mark.publication is Publication.RETURNED
        receipt = Receipt.RETURNED if returned else Receipt.CONFIRMED
        outbox.note(a_command(message_id=mark.message_id), receipt)


def taken(outbox: Outbox) -> list[Mark]:
    with outbox.taken() as marks:
        return list(marks)


async def test_what_was_noted_is_taken_once_in_its_order(outbox: Outbox) -> None:
    note(outbox, FIRST, SECOND)

    assert taken(outbox) == [FIRST, SECOND]
    assert taken(outbox) == []


async def test_a_refused_event_is_not_marked_as_published(outbox: Outbox) -> None:
    outbox.note(a_command(), Receipt.REFUSED)

    assert taken(outbox) == []


@pytest.mark.parametrize("error", [RuntimeError, asyncio.CancelledError, KeyboardInterrupt])
async def test_marks_come_back_when_the_block_raises(outbox: Outbox, error: type[BaseException]) -> None:
    note(outbox, FIRST)

    with pytest.raises(error), outbox.taken():
        raise error

    assert taken(outbox) == [FIRST]


async def test_marks_that_come_back_stand_before_those_noted_meanwhile(outbox: Outbox) -> None:
    note(outbox, FIRST)

    def fail() -> None:
        note(outbox, SECOND)
        raise RuntimeError

    with pytest.raises(RuntimeError), outbox.taken():
        fail()

    assert taken(outbox) == [FIRST, SECOND]


async def test_marks_noted_while_others_are_taken_stay_for_the_next_taker(outbox: Outbox) -> None:
    note(outbox, FIRST)

    with outbox.taken() as marks:
        note(outbox, SECOND)
        assert (list(marks), taken(outbox)) == ([FIRST], [SECOND])

    assert taken(outbox) == []


async def test_flushing_an_empty_outbox_asks_the_database_nothing(outbox: Outbox) -> None:
    await outbox.flush()

    assert taken(outbox) == []


async def test_marks_come_back_when_the_database_cannot_be_asked(outbox: Outbox) -> None:
    note(outbox, FIRST)

    with pytest.raises(Exception, match=r"not initialized|does not answer"):
        await outbox.flush()

    assert taken(outbox) == [FIRST]
