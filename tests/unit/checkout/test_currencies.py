"""A cart's currencies do not follow a catalog that changes."""

import json

import pytest

from tests.builders import (
    a_cart,
    a_catalog,
    a_catalog_item,
    a_checkout,
    a_checkout_by_reference,
    a_command,
    a_line,
    a_situation_after,
    without,
)
from worker.checkout.catalog import Catalog
from worker.checkout.command import Command
from worker.checkout.decide import decide
from worker.checkout.decision import Decided
from worker.checkout.situation import Situation

NO_CURRENCY = without(a_line(), "currencyCode")
IN_USD = a_catalog(a_catalog_item(currencies=("USD",)))
IN_EUR = a_catalog(a_catalog_item(currencies=("EUR",)))
IN_BOTH = a_catalog(a_catalog_item(currencies=("EUR", "USD")))
FROM_NOWHERE = a_catalog()


def decided(command: Command, situation: Situation, catalog: Catalog) -> Decided:
    decision = decide(command, situation, catalog)
    assert isinstance(decision, Decided)
    return decision


@pytest.mark.parametrize("later", [IN_EUR, IN_BOTH, FROM_NOWHERE])
@pytest.mark.parametrize(
    "again",
    [a_command(a_checkout(a_cart(NO_CURRENCY)), message_id="2"), a_command(a_checkout_by_reference())],
)
def test_an_ordered_line_is_not_ordered_again_in_the_catalogs_new_currency(
    later: Catalog, again: Command
) -> None:
    first = decided(a_command(a_checkout(a_cart(NO_CURRENCY)), message_id="1"), Situation(), IN_USD)

    second = decided(again, a_situation_after(first), later)

    assert second.orders == ()
    assert second.errors == ()
    assert [order["id"] for order in json.loads(second.event.body)["orders"]] == [
        first.orders[0].members["id"]
    ]


def test_a_line_that_joins_an_ordered_group_is_read_in_its_currency() -> None:
    named = [line | {"orderGroup": "g"} for line in (a_line(currencyCode="USD"), NO_CURRENCY)]
    with_currency, without_one = (a_command(a_checkout(a_cart(line)), message_id=str(line)) for line in named)
    first = decided(with_currency, Situation(), IN_BOTH)

    for catalog in (IN_BOTH, IN_EUR):
        assert decided(without_one, a_situation_after(first), catalog).errors == ()
