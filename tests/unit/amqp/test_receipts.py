"""When a delivery is finished: the broker's word on what it led to."""

import pytest

from contracts.codes import DeadLetterCode
from contracts.wire import EventType
from tests.builders import a_delivery, an_origin
from worker.amqp.codec import Malformed
from worker.amqp.outgoing import Receipt
from worker.amqp.settlement import Answer, Published
from worker.checkout.event import Event

EVENT = Event("id", EventType.CHECKOUT_COMPLETED, b"{}", "c/c", "2026-03-14T09:26:53Z", an_origin())
DEAD = Malformed(DeadLetterCode.NOT_JSON, "r")


@pytest.mark.parametrize(
    ("outcome", "receipt", "is_final"),
    [
        (EVENT, Receipt.CONFIRMED, True),
        (EVENT, Receipt.RETURNED, True),
        (EVENT, Receipt.UNKNOWN, False),
        (DEAD, Receipt.CONFIRMED, True),
        (DEAD, Receipt.RETURNED, False),
        (DEAD, Receipt.UNKNOWN, False),
    ],
    ids=range(6),
)
def test_nobody_has_to_hear_a_result_but_a_queue_has_to_keep_a_dead_letter(
    outcome: Event | Malformed, receipt: Receipt, *, is_final: bool
) -> None:
    assert Published(Answer(a_delivery(), outcome), receipt).is_final is is_final
