"""An update that is applied: which cart it makes or replaces, and its lines, ids, currencies and groups."""

from typing import Any

import pytest

from tests.builders import (
    CART,
    OTHER_CART,
    OTHER_ITEM,
    a_cart,
    a_catalog,
    a_catalog_item,
    a_line,
    a_situation_after,
    an_open_catalog,
    an_update,
    an_update_command,
    without,
)
from tests.deciding import decided, members, shown, stored, updated

NO_GUID = "00000000-0000-0000-0000-000000000000"


def test_an_id_that_the_customer_has_no_cart_under_makes_one() -> None:
    decision = decided(an_update_command(an_update(without(a_cart(), "id"), cartId=OTHER_CART)))

    assert (shown(decision)["id"], shown(decision)["cartId"]) == (OTHER_CART, OTHER_CART)
    assert (decision.command.cart_id, decision.cart_version, decision.orders) == (OTHER_CART, 1, ())


@pytest.mark.parametrize(
    "cart",
    [without(a_cart(), "id"), a_cart(id=""), a_cart(id=None), a_cart(id=NO_GUID)],
    ids=["absent", "empty", "null", "unset"],
)
@pytest.mark.parametrize("cart_id", [None, "", NO_GUID], ids=["null", "empty", "unset"])
def test_without_any_id_it_is_a_new_cart_and_the_same_one_at_every_delivery(
    cart: dict[str, Any], cart_id: str | None
) -> None:
    update = an_update(cart, cartId=cart_id)

    bodies = [shown(decided(an_update_command(update, message_id=each))) for each in ("m", "m", "n")]
    elsewhere = shown(decided(an_update_command(update | {"customerId": CART}, message_id="m")))

    ids = [body["id"] for body in (*bodies, elsewhere)]
    assert [body["cartId"] for body in (*bodies, elsewhere)] == ids
    assert ids[0] == ids[1]
    assert len({*ids, CART, NO_GUID}) == 5


def test_a_derived_id_needs_only_customer_and_message_id() -> None:
    one, other = (an_update(without(a_cart(a_line(quantity=each)), "id"), cartId=None) for each in (1, 2))

    assert an_update_command(one).cart_id == an_update_command(other).cart_id


def test_a_new_cart_and_its_event_have_the_ids_that_another_release_gives_them() -> None:
    """Else the same update would make another cart, and tell of it under another id, after an upgrade."""
    decision = decided(an_update_command(an_update(without(a_cart(), "id"), cartId=None), message_id="m"))

    assert decision.command.cart_id == "d3130124-1161-57a3-9da8-bfcf8fe407aa"
    assert decision.event.id == "8dceb682-ac78-5052-a1d2-4f927533d638"


def test_the_id_beside_the_cart_wins_over_the_one_inside() -> None:
    body = shown(decided(an_update_command(an_update(a_cart(id=CART), cartId=OTHER_CART))))

    assert (body["id"], body["cartId"]) == (OTHER_CART, OTHER_CART)
    assert body["links"]["self"]["uri"].endswith(OTHER_CART)


def test_the_id_inside_the_cart_names_it_where_there_is_no_other() -> None:
    assert shown(decided(an_update_command(an_update(cartId=None))))["cartId"] == CART


def test_the_whole_list_of_lines_is_replaced() -> None:
    first = decided(
        an_update_command(an_update(a_cart(a_line(id="a"), a_line(id="b"), pricing={"total": 1})))
    )

    second = decided(
        an_update_command(an_update(a_cart(a_line(id="c"))), message_id="again"), a_situation_after(first)
    )

    assert members(shown(second), "id") == ["c"]
    assert [line.id for line in stored(second).content.line_items] == ["c"]
    assert "pricing" not in shown(second)


@pytest.mark.parametrize(
    ("lines", "ids"),
    [
        ([a_line(), a_line()], [0, 1]),
        ([a_line(id=0), a_line(id=0), a_line(id=0)], [0, 1, 2]),
        ([a_line(id=7), a_line(id="7"), a_line(id="x"), a_line(id="x")], [7, 0, "x", 1]),
        ([a_line(id=0, addonItems=[a_line(id=0), a_line(id=0)]), a_line(id=0)], [0, 2, 3, 1]),
        ([a_line(addonItems=[a_line()]), a_line(addonItems=[a_line()])], [0, 2, 1, 3]),
    ],
    ids=["absent", "zero-ids-of-sdks", "repeated", "zero-ids-of-add-ons", "add-ons-continue"],
)
def test_lines_are_numbered_from_0_and_nested_add_ons_continue(
    lines: list[dict[str, Any]], ids: list[int | str]
) -> None:
    assert members(updated(*lines), "id") == ids


def test_lines_that_lack_currency_and_group_get_both() -> None:
    bare = without(a_line(), "currencyCode")
    catalog = a_catalog(a_catalog_item(currencies=("EUR",)), a_catalog_item(OTHER_ITEM))
    update = an_update(a_cart(bare | {"addonItems": [bare]}, a_line(catalogItemId=OTHER_ITEM)))

    body = shown(decided(an_update_command(update), catalog=catalog))

    assert members(body, "currencyCode") == ["EUR", "EUR", "USD"]
    assert members(body, "orderGroup") == ["0", "0", "1"]


def test_an_open_catalog_fills_in_its_default_currency() -> None:
    update = an_update(a_cart(without(a_line(), "currencyCode")))

    assert members(
        shown(decided(an_update_command(update), catalog=an_open_catalog("SEK"))), "currencyCode"
    ) == ["SEK"]


def test_groups_are_numbered_by_cycle_and_currency_and_pass_over_names_in_use() -> None:
    body = updated(
        a_line(),
        a_line(billingCycle="annual"),
        a_line(currencyCode="EUR"),
        a_line(catalogItemId=OTHER_ITEM, termDuration="P1M"),
        a_line(orderGroup="1"),
    )

    assert members(body, "orderGroup") == ["0", "2", "3", "0", "1"]


def test_a_number_stays_with_its_cycle_and_currency_over_updates() -> None:
    monthly, annual = a_line(), a_line(billingCycle="annual")
    situation = a_situation_after(decided(an_update_command(an_update(a_cart(monthly, annual)))))
    situation = a_situation_after(
        decided(an_update_command(an_update(a_cart(a_line(currencyCode="EUR"))), message_id="2"), situation)
    )

    third = decided(an_update_command(an_update(a_cart(annual, monthly)), message_id="3"), situation)

    assert members(shown(third), "orderGroup") == ["1", "0"]
    assert dict(stored(third).group_numbers) == {"monthly/USD": "0", "annual/USD": "1", "monthly/EUR": "2"}
