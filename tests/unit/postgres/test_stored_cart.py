"""A stored cart is read whatever the limits of a message were when it came."""

import json
from typing import Any, cast

import asyncpg

from contracts.cart import Cart
from tests.builders import NOW, a_cart, a_line
from worker.postgres.checkouts import _stored_cart

ASSIGNED = '{"groups": {"monthly/USD": "0"}, "currencies": {"item/monthly": "USD"}}'


def stored(cart: dict[str, Any]) -> asyncpg.Record:
    row = {"version": 3, "content": json.dumps(cart), "assigned": ASSIGNED, "content_asked_at": NOW}
    return cast("asyncpg.Record", row)


def test_a_cart_is_read_with_its_version_and_group_numbers() -> None:
    found = _stored_cart(stored(a_cart(status="Active")))

    assert (found.version, found.group_numbers, found.content_asked) == (3, {"monthly/USD": "0"}, NOW)
    assert found.content == Cart.model_validate(a_cart(status="Active"))


def test_a_row_that_was_made_to_be_locked_is_no_cart() -> None:
    found = _stored_cart(cast("asyncpg.Record", {"version": 0, "content": None, "assigned": None}))

    assert (found.version, found.content, found.group_numbers) == (0, None, {})


def test_a_cart_of_more_lines_than_the_default_is_read_where_the_setting_let_it_in() -> None:
    found = _stored_cart(stored(a_cart(*[a_line()] * 201)))

    assert found.content is not None
    assert len(found.content.line_items) == 201


def test_members_that_nothing_read_when_the_cart_came_stay_what_they_were() -> None:
    unread = {"add_on_items": [a_line()], "catalog_id": "another:item"}
    found = _stored_cart(stored(a_cart(a_line(**unread), creation_time_stamp="yesterday")))

    assert found.content is not None
    assert found.content.creation_timestamp is None
    (line,) = found.content.line_items
    assert (line.addon_items, line.model_extra) == (None, unread)
