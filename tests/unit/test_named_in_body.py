"""Whom bodies are about that are not read."""

import pytest

from worker.deadletters.named import named_in

CUSTOMER = "3e8a2f4c-1b5d-4c6e-9f70-8a9b0c1d2e3f"
CART = "0d5c8a4e-7f1b-4e2a-8c3d-9b6f5a4e3d2c"


@pytest.mark.parametrize(
    "body",
    [
        f'{{"customerId": "{CUSTOMER}", "cart": {{"id": "{CART}", "lineItems": [',
        f'{{"cart":{{"currencyCode":"USD","id":"{CART}"}},"customerId":"{CUSTOMER}"}}',
        f'  {{"CUSTOMERID" : "{CUSTOMER.upper()}", "cartId": "{CART.upper()}", broken',
        f'\ufeff{{"customer_id":"{CUSTOMER}","cart_id":"{CART}"',
    ],
)
def test_customer_and_cart_are_found_at_the_beginning_of_what_cannot_be_read(body: str) -> None:
    assert named_in(body.encode()) == (CUSTOMER, CART)
    assert named_in(body.encode() + b"\xff\x00") == (CUSTOMER, CART)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b'{"customerId": "somebody", "cart": {"id": 7}}',
        f'{{"cart": {{"lineItems": [{{"id": "{CART}"}}]}}}}'.encode(),
        b" " * 70_000 + f'{{"customerId": "{CUSTOMER}"}}'.encode(),
    ],
)
def test_nothing_is_made_up(body: bytes) -> None:
    assert named_in(body) == (None, None)
