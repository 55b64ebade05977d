"""What a customer may own that a cart's add-ons build on, and how many seats of it are enough to know of."""

from contracts.cart import Cart
from tests.builders import (
    a_cart,
    a_catalog,
    a_catalog_item,
    a_checkout,
    a_checkout_by_reference,
    a_command,
    a_line,
    ordered_groups,
)
from worker.checkout.bases import bases_asked_for, seats_asked_for
from worker.checkout.situation import Situation, StoredCart

LINES = [a_line(quantity=3), a_line(quantity=4, addonItems=[a_line(quantity=5)])]


def test_bases_of_add_ons_are_asked_for_and_of_nothing_else() -> None:
    add_on = a_catalog_item("add-on", is_addon=True, prerequisites=("one", "other"))
    catalog = a_catalog(add_on, a_catalog_item("no add-on", prerequisites=("unrelated",)))
    base = a_line(catalogItemId="no add-on", addonItems=[a_line(catalogItemId="add-on")])
    command = a_command(a_checkout(a_cart(base, a_line(catalogItemId="unheard-of"))))

    assert bases_asked_for(command, Situation(), catalog) == {"one", "other"}


def test_seats_of_all_lines_and_their_add_ons_are_enough() -> None:
    assert seats_asked_for(a_command(a_checkout(a_cart(*LINES))), Situation()) == 12


def test_seats_that_the_cart_ordered_before_are_asked_for_too() -> None:
    situation = Situation(orders=ordered_groups("one", "two"))
    assert seats_asked_for(a_command(a_checkout(a_cart(*LINES))), situation) == 14


def test_a_cart_that_is_not_sent_along_asks_for_what_is_stored() -> None:
    stored = Situation(cart=StoredCart(version=1, content=Cart.model_validate(a_cart(*LINES))))
    assert seats_asked_for(a_command(a_checkout_by_reference()), stored) == 12
    assert seats_asked_for(a_command(a_checkout_by_reference()), Situation()) == 0
