"""What a decision becomes in the parameters of the commit statement."""

import json
import re
from datetime import timedelta
from typing import Any

import pytest

from tests.builders import (
    CART,
    CUSTOMER,
    NOW,
    a_cart,
    a_catalog,
    a_checkout,
    a_checkout_by_reference,
    a_command,
    a_line,
    an_origin,
)
from worker.checkout.decide import decide
from worker.checkout.decision import Decided
from worker.checkout.situation import Situation
from worker.postgres.commit_rows import columns, effects
from worker.postgres.statements import statement

MARKS = 3
WIDTHS = {"carts": 10, "outcomes": 14, "orders": 11, "lines": 7, "errors": 7}
GOOD = a_line(orderGroup="good", addonItems=[a_line(quantity=2)])
BAD = a_line(orderGroup="bad", quantity=1001)
HOUR = timedelta(hours=1)


def decided(checkout: dict[str, Any]) -> Decided:
    command = a_command(checkout, asked=NOW - HOUR, origin=an_origin(traceparent="t", tracestate="s"))
    decision = decide(command, Situation(), a_catalog())
    assert isinstance(decision, Decided)
    return decision


def rows_of(*decisions: Decided) -> dict[str, list[tuple[Any, ...]]]:
    """The parameters, turned back to rows a table."""
    parameters = iter(effects(decisions))
    return {
        table: list(zip(*(next(parameters) for _ in range(width)), strict=True))
        for table, width in WIDTHS.items()
    }


PARTIAL = decided(a_checkout(a_cart(GOOD, BAD)))


def test_there_is_a_column_for_every_parameter_of_the_statement() -> None:
    numbers = {int(number) for number in re.findall(r"\$(\d+)", statement("commit"))}

    assert len(list(effects([PARTIAL]))) + MARKS == len(list(effects([]))) + MARKS == max(numbers)


@pytest.mark.parametrize("decisions", [[], [PARTIAL]], ids=["nothing", "something"])
def test_columns_of_a_table_are_of_one_length(decisions: list[Decided]) -> None:
    parameters = list(effects(decisions))

    lengths = [{len(parameters.pop(0)) for _ in range(width)} for width in WIDTHS.values()]
    assert [len(each) for each in lengths] == [1] * len(WIDTHS)


def test_a_checkout_becomes_its_row_with_identity_event_and_origin() -> None:
    assert rows_of(PARTIAL)["outcomes"] == [
        (
            CUSTOMER,
            "message-1",
            CART,
            1,
            PARTIAL.command.content_hash,
            NOW - HOUR,
            PARTIAL.event.id,
            "checkout.partial",
            "2026-03-14T09:26:53.589793Z",
            "storefront-eu",
            "correlation-1",
            "t",
            "s",
            PARTIAL.event.body,
        )
    ]


def test_a_changed_cart_becomes_its_row() -> None:
    assert PARTIAL.cart is not None
    content = PARTIAL.cart.content

    assigned = '{"groups":{},"currencies":{},"addonGroups":{},"shownErrors":[]}'
    expires = NOW + timedelta(days=7)
    text = content.to_json().decode()
    assert rows_of(PARTIAL)["carts"] == [
        (CUSTOMER, CART, 1, "Active", assigned, text, NOW, NOW, expires, NOW - HOUR)
    ]


def test_an_order_becomes_its_row_with_group_hash_and_published_form() -> None:
    made = PARTIAL.orders[0]

    rows = rows_of(PARTIAL)["orders"]

    assert rows == [
        (
            CUSTOMER,
            made.members["id"],
            CART,
            "good",
            "message-1",
            made.content_hash,
            "monthly",
            "USD",
            "pending",
            made.content.decode(),
            NOW,
        )
    ]
    assert json.loads(rows[0][9]) == json.loads(PARTIAL.event.body)["orders"][0]


def test_every_line_of_an_order_becomes_a_row() -> None:
    order, item = PARTIAL.orders[0].members["id"], a_line()["catalogItemId"]

    assert rows_of(PARTIAL)["lines"] == [
        (CUSTOMER, CART, order, 0, item, 1, "P1Y"),
        (CUSTOMER, CART, order, 1, item, 2, "P1Y"),
    ]


def test_an_error_becomes_its_row() -> None:
    error = PARTIAL.errors[0]

    assert rows_of(PARTIAL)["errors"] == [
        (CUSTOMER, "message-1", "bad", CART, 800017, error.description, NOW)
    ]


def test_a_checkout_that_changed_nothing_has_neither_cart_nor_orders() -> None:
    rows = rows_of(decided(a_checkout_by_reference()))

    assert {table: len(found) for table, found in rows.items()} == {
        "carts": 0,
        "outcomes": 1,
        "orders": 0,
        "lines": 0,
        "errors": 1,
    }


def test_decisions_of_a_batch_stand_one_after_the_other() -> None:
    rows = rows_of(PARTIAL, decided(a_checkout_by_reference()), PARTIAL)

    assert {table: len(found) for table, found in rows.items()} == {
        "carts": 2,
        "outcomes": 3,
        "orders": 2,
        "lines": 4,
        "errors": 3,
    }


def test_no_rows_are_columns_without_values() -> None:
    assert columns([], width=3) == [[], [], []]
    assert columns([(1, "a"), (2, "b")], width=2) == [[1, 2], ["a", "b"]]
