import pytest

from tests.builders import ITEM, OTHER_ITEM, a_catalog, a_catalog_item, an_open_catalog


def test_an_item_is_found_by_its_exact_id() -> None:
    catalog = a_catalog(a_catalog_item())

    assert catalog.find(ITEM) == a_catalog_item()
    assert (catalog.find(ITEM.lower()), catalog.find(OTHER_ITEM)) == (None, None)


@pytest.mark.parametrize(
    ("currencies", "is_open", "currency"),
    [
        (("EUR",), False, "EUR"),
        (("EUR",), True, "EUR"),
        (("EUR", "USD"), False, None),
        (("EUR", "USD"), True, None),
    ],
)
def test_an_item_with_one_currency_costs_that_currency(
    currencies: tuple[str, ...], currency: str | None, *, is_open: bool
) -> None:
    catalog = a_catalog(a_catalog_item(currencies=currencies), is_open=is_open, default_currency="SEK")

    assert catalog.currency_for(ITEM) == currency


def test_an_unknown_item_costs_the_default_currency_in_an_open_catalog_alone() -> None:
    assert an_open_catalog("SEK").currency_for("unheard-of") == "SEK"
    assert a_catalog(default_currency="SEK").currency_for("unheard-of") is None
