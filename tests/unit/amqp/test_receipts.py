"""When a delivery is finished: the broker's word on what it led to."""

import pytest

from contracts.codes import DeadLetterCode
from contracts.wire import EventType
from tests.builders import a_delivery, an_origin
from worker.amqp.malformed import Malformed
from worker.amqp.outgoing import Receipt
from worker.amqp.settlement import Answer, Published, check_left
from worker.checkout.event import Event
from worker.errors import PublishNotConfirmed, TopologyFault

EVENT = Event("id", EventType.CHECKOUT_COMPLETED, b"{}", "c/c", "2026-03-14T09:26:53Z", an_origin())
DEAD = Malformed(DeadLetterCode.NOT_JSON, "r")


def published(outcome: Event | Malformed, receipt: Receipt) -> Published:
    return Published(Answer(a_delivery(), outcome), receipt)


@pytest.mark.parametrize(
    ("outcome", "receipt", "is_final"),
    [
        (EVENT, Receipt.CONFIRMED, True),
        (EVENT, Receipt.RETURNED, True),
        (EVENT, Receipt.REFUSED, True),
        (EVENT, Receipt.UNKNOWN, False),
        (DEAD, Receipt.CONFIRMED, True),
        (DEAD, Receipt.RETURNED, False),
        (DEAD, Receipt.REFUSED, False),
        (DEAD, Receipt.UNKNOWN, False),
    ],
    ids=range(8),
)
def test_nobody_has_to_hear_a_result_but_a_queue_has_to_keep_a_dead_letter(
    outcome: Event | Malformed, receipt: Receipt, *, is_final: bool
) -> None:
    assert published(outcome, receipt).is_final is is_final


def test_what_is_finished_is_no_fault() -> None:
    check_left([published(EVENT, Receipt.RETURNED), published(DEAD, Receipt.CONFIRMED)])


def test_a_dead_letter_that_no_queue_keeps_is_a_fault_of_the_topology() -> None:
    with pytest.raises(TopologyFault):
        check_left([published(EVENT, Receipt.UNKNOWN), published(DEAD, Receipt.RETURNED)])


@pytest.mark.parametrize(
    ("outcome", "receipt"),
    [(DEAD, Receipt.REFUSED), (DEAD, Receipt.UNKNOWN), (EVENT, Receipt.UNKNOWN)],
    ids=range(3),
)
def test_what_is_not_confirmed_is_counted_and_a_returned_event_beside_it_is_no_fault(
    outcome: Event | Malformed, receipt: Receipt
) -> None:
    with pytest.raises(PublishNotConfirmed, match="1 messages"):
        check_left([published(EVENT, Receipt.RETURNED), published(outcome, receipt)])
