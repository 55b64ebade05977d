"""The oracle of the fault tests sees what it is there to see."""

from typing import Any

from aiormq import spec

from tests.support.account import Account, Traces, account_of
from tests.support.broker import Message
from tests.support.carts import a_request
from tests.support.inputs import Input

SENT = Input.of(a_request("a"))
MALFORMED = Input.malformed()
EVENT = "0a1b2c3d-0000-4000-8000-00000000000e"
BODY = b'{"orders": [{"id": "o-1"}]}'


def _row(each: Input = SENT, **changed: Any) -> dict[str, Any]:
    usual = {"message_id": each.message_id, "event_id": EVENT, "event_type": each.outcome, "source": "s"}
    return usual | {"body": BODY, "publication": "published"} | changed


def _order(group: str = "a") -> dict[str, Any]:
    key = {"customer_id": SENT.customer_id, "cart_id": SENT.cart_id}
    return key | {"order_group": group, "order_id": "o-1"}


def _event(body: bytes = BODY, event_id: str = EVENT) -> Message:
    return Message("checkout.completed.s", spec.Basic.Properties(message_id=event_id), body)


def _letter(code: str = "not-json") -> Message:
    properties = spec.Basic.Properties(
        message_id=MALFORMED.message_id,
        headers={"x-dead-letter-id": "d-1", "x-dead-letter-code": code},
    )
    return Message(MALFORMED.key, properties, MALFORMED.body)


def _traces(**changed: Any) -> Traces:
    usual: dict[str, Any] = {"stored": [_row()], "orders": [_order()], "errors": [], "lines": 1}
    return Traces(**(usual | {"events": [_event()], "dead_letters": [_letter()]} | changed))


def _account(**changed: Any) -> Account:
    return account_of([SENT, MALFORMED], _traces(**changed))


def test_each_message_in_its_one_state_is_ok() -> None:
    account = _account()
    assert account.is_clean, account
    assert (account.attempted, account.acknowledged, account.ok) == (2, 2, 2)


def test_a_message_without_a_trace_is_lost() -> None:
    assert _account(dead_letters=[]).lost


def test_a_result_that_was_never_heard_is_lost() -> None:
    assert _account(events=[]).lost


def test_an_order_that_is_not_there_is_lost() -> None:
    assert _account(orders=[], lines=0).lost


def test_two_orders_of_a_group_are_duplicated() -> None:
    assert _account(orders=[_order(), _order()], lines=2).duplicated


def test_a_message_in_two_states_is_unexpected() -> None:
    assert _account(stored=[_row(), _row(MALFORMED, event_type="checkout.failed")]).unexpected


def test_a_dead_letter_of_another_code_is_unexpected() -> None:
    assert _account(dead_letters=[_letter("process-killer")]).unexpected


def test_an_order_nobody_asked_for_is_unexpected() -> None:
    assert _account(orders=[_order(), _order("b")], lines=2).unexpected


def test_copies_of_an_event_that_differ_are_unexpected() -> None:
    assert _account(events=[_event(), _event(BODY + b" ")]).unexpected


def test_copies_of_an_event_that_are_the_same_are_counted() -> None:
    account = _account(events=[_event(), _event()])
    assert account.is_clean, account
    assert account.repeated == 1


def test_an_event_that_is_stored_nowhere_is_unexpected() -> None:
    assert _account(events=[_event(), _event(event_id="another")]).unexpected


def test_an_event_that_is_not_marked_is_unexpected() -> None:
    assert _account(stored=[_row(publication="pending")]).unexpected


def test_an_error_for_a_cart_that_could_be_ordered_is_unexpected() -> None:
    assert _account(errors=[{"message_id": SENT.message_id}]).unexpected


def test_a_message_that_was_done_without_being_acknowledged_is_recovered() -> None:
    account = account_of([MALFORMED], _traces(), unacknowledged=[SENT])
    assert account.is_clean, account
    assert (account.attempted, account.acknowledged, account.recovered) == (2, 1, 1)


def test_a_message_that_was_neither_acknowledged_nor_done_is_nothing() -> None:
    account = account_of([MALFORMED], _traces(stored=[], orders=[], lines=0, events=[]), [SENT])
    assert account.is_clean, account
    assert (account.attempted, account.recovered) == (2, 0)
