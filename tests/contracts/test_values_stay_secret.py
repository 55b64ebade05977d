"""What is wrong is told by path and rule; the value that was there never leaves the body."""

import traceback
from typing import Any

import pytest

from contracts.reader import UnreadableError, read_checkout
from tests.builders import a_cart, a_checkout, a_checkout_by_reference, a_line, as_body

SECRET = "hunter2-4111111111111111"  # noqa: S105 - what must not be told
PATHS = [
    a_checkout(customerId=SECRET),
    a_checkout(cartVersion=SECRET),
    a_checkout(cart=SECRET),
    a_checkout_by_reference(cartId=SECRET),
    a_checkout(a_cart(id=SECRET)),
    a_checkout(a_cart(creationTimestamp=SECRET)),
    a_checkout(a_cart(lineItems=SECRET)),
    a_checkout(a_cart(lineItems=[SECRET])),
    a_checkout(a_cart(status=SECRET * 10)),
    a_checkout(a_cart(links=SECRET)),
    a_checkout(a_cart(a_line(id=SECRET * 10))),
    a_checkout(a_cart(a_line(id={"a": SECRET}))),
    a_checkout(a_cart(a_line(catalogItemId=[SECRET]))),
    a_checkout(a_cart(a_line(catalogId=SECRET))),
    a_checkout(a_cart(a_line(quantity=SECRET))),
    a_checkout(a_cart(a_line(billingCycle=SECRET * 10))),
    a_checkout(a_cart(a_line(currencyCode=SECRET))),
    a_checkout(a_cart(a_line(termDuration=SECRET * 10))),
    a_checkout(a_cart(a_line(participants=SECRET))),
    a_checkout(a_cart(a_line(participants=[{"key": "k", "value": SECRET * 10}]))),
    a_checkout(a_cart(a_line(provisioningContext={"k": [SECRET]}))),
    a_checkout(a_cart(a_line(provisioningContext={"k": SECRET, "K": SECRET}))),
    a_checkout(a_cart(a_line(renewsTo=[SECRET, SECRET]))),
    a_checkout(a_cart(a_line(renewsTo=SECRET))),
    a_checkout(a_cart(a_line(attestationAccepted=SECRET))),
    a_checkout(a_cart(a_line(customTermEndDate=SECRET))),
    a_checkout(a_cart(a_line(addonItems=[SECRET]))),
    a_checkout(a_cart(a_line(error={"errorCode": SECRET, "errorDescription": SECRET}))),
    a_checkout(a_cart(a_line(friendlyName=SECRET + "\0"))),
    a_checkout(a_cart(a_line(pricing={"k": SECRET + "\0"}))),
    a_checkout(a_cart(a_line(pricing={"k": SECRET, "K": SECRET}))),
    a_checkout(a_cart(a_line(addonItems=[a_line(friendlyName=SECRET, addonItems=[a_line()])]))),
    SECRET,
    [SECRET],
]


@pytest.mark.parametrize(
    "body",
    [
        *map(as_body, PATHS),
        SECRET.encode(),
        as_body(a_checkout())[:-1] + SECRET.encode(),
        as_body(SECRET) + as_body(SECRET),
        as_body(SECRET)[:-1],
        b"\xff" + SECRET.encode(),
        SECRET.encode() * 50_000,
    ],
    ids=range(len(PATHS) + 6),
)
def test_no_violation_reason_or_traceback_tells_a_value(body: bytes) -> None:
    with pytest.raises(UnreadableError) as caught:
        read_checkout(body)

    told: list[Any] = [each.model_dump_json() for each in caught.value.violations]
    told += [caught.value.reason, str(caught.value), repr(caught.value), *caught.value.args]
    told += traceback.format_exception(caught.value)
    assert not [each for each in told if SECRET[:8] in each]
