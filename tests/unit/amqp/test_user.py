"""Who changes a cart: the sender whom the broker vouches for, else the sender's own word."""

from typing import Any

import pytest

from tests.builders import a_delivery, an_update, as_body
from worker.amqp.decode import Limits, decode
from worker.checkout.command import Command

LIMITS = Limits(max_bytes=1_000_000, max_line_items=200)


@pytest.mark.parametrize(
    ("properties", "user"),
    [
        ({"user_id": "alice", "app_id": "storefront-eu"}, "alice"),
        ({"app_id": "storefront eu/é"}, "storefront eu/é"),
        ({"app_id": "storefront-eu", "headers": {"ce-source": "/shop"}}, "storefront-eu"),
        ({"headers": {"ce-source": "/shop"}}, "/shop"),
        ({"user_id": "", "app_id": ""}, None),
        ({}, None),
        ({"headers": {"ce-source": "s" * 2000}}, "s" * 255),
        ({"app_id": "storefront\0eu"}, "storefront\ufffdeu"),
    ],
    ids=["user-id", "app-id", "app-id-first", "ce-source", "empty", "nobody", "too-long", "nul"],
)
def test_the_user_of_a_command(properties: dict[str, Any], user: str | None) -> None:
    delivery = a_delivery(as_body(an_update()), queue="cart.update", message_id="m", **properties)

    command = decode(delivery, LIMITS)

    assert isinstance(command, Command)
    assert command.user == user
