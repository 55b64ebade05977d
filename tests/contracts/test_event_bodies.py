"""Bodies of events: camelCase JSON without null members."""

import json
from typing import Any

from hypothesis import example, given
from hypothesis import strategies as st

from contracts.checkout import CartCheckoutResult, OrderError
from contracts.codes import DeadLetterCode, OrderErrorCode
from contracts.rejected import CartRejected, CheckoutRejected, Violation
from tests.builders import CART, CUSTOMER, an_order


def test_a_checkout_result_without_orders() -> None:
    error = OrderError(order_group_id="0", code=OrderErrorCode.INVALID_QUANTITY, description="too many")
    result = CartCheckoutResult(
        customer_id=CUSTOMER,
        cart_id=CART,
        cart_version=3,
        cart_status="Active",
        orders=[],
        order_errors=[error],
    )

    assert json.loads(result.to_json()) == {
        "customerId": CUSTOMER,
        "cartId": CART,
        "cartVersion": 3,
        "cartStatus": "Active",
        "orders": [],
        "orderErrors": [
            {
                "orderGroupId": "0",
                "code": 800017,
                "description": "too many",
                "attributes": {"objectType": "OrderError"},
            }
        ],
        "attributes": {"objectType": "CartCheckoutResult"},
    }


@given(st.lists(st.text(max_size=20), max_size=3), st.text(max_size=20))
@example(['"orders":[]'], '"orders":[]')
def test_orders_that_are_encoded_already_make_the_same_result(names: list[str], why: str) -> None:
    orders = [an_order().model_copy(update={"friendly_name": name, "client": {"id": name}}) for name in names]
    errors = [OrderError(order_group_id="0", code=OrderErrorCode.INVALID_QUANTITY, description=why)]
    ids: dict[str, Any] = {
        "customer_id": CUSTOMER,
        "cart_id": CART,
        "cart_version": 3,
        "cart_status": "Active",
    }
    whole = CartCheckoutResult(**ids, orders=orders, order_errors=errors)
    empty = CartCheckoutResult(**ids, orders=[], order_errors=errors)

    assert empty.to_json_with(order.to_json() for order in orders) == whole.to_json()


def test_a_rejected_event_names_path_and_rule() -> None:
    rejected = CheckoutRejected(
        code=DeadLetterCode.CONTRACT_VIOLATION,
        description="d",
        dead_lettered=True,
        violations=[Violation(path="cart.id", rule="r")],
        customer_id=CUSTOMER,
    )

    assert json.loads(rejected.to_json()) == {
        "code": "contract-violation",
        "description": "d",
        "deadLettered": True,
        "violations": [{"path": "cart.id", "rule": "r"}],
        "customerId": CUSTOMER,
    }


def test_a_business_no_to_an_update_has_an_order_error_code() -> None:
    rejected = CartRejected(
        code=800065, description="d", dead_lettered=False, customer_id=CUSTOMER, cart_id=CART, cart_version=2
    )

    assert json.loads(rejected.to_json()) == {
        "code": 800065,
        "description": "d",
        "deadLettered": False,
        "violations": [],
        "customerId": CUSTOMER,
        "cartId": CART,
        "cartVersion": 2,
    }


def test_readers_of_events_accept_codes_and_members_that_are_yet_to_come() -> None:
    error = OrderError.model_validate(
        {"orderGroupId": "0", "code": 999999, "description": "d", "retryable": True}
    )

    assert json.loads(error.to_json())["code"] == 999999
    assert json.loads(error.to_json())["retryable"] is True
