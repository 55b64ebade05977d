"""From stored catalog items to items in memory."""

from typing import Any

import pytest

from contracts.catalog import CatalogLine
from worker.checkout.catalog import CatalogItem, ProvisioningVariable
from worker.checkout.shared_items import SharedItems
from worker.postgres.catalog import ItemRow
from worker.postgres.catalog_reading import CatalogReading

NONE = SharedItems({})


def _row(catalog_item_id: str = "i", **members: Any) -> ItemRow:
    usual = {"title": "T", "billingCycles": ["monthly"], "currencies": ["USD"]}
    return ItemRow.of(CatalogLine.model_validate({"catalogItemId": catalog_item_id} | usual | members))


def _read(*rows: tuple[str, str], former: SharedItems = NONE) -> SharedItems:
    reading = CatalogReading(former)
    for row in rows:
        reading.add([row])
    assert reading.unreadable == []
    return reading.items()


def test_an_imported_item_is_read_with_all_that_it_says() -> None:
    items = _read(
        _row(
            title="Seats",
            onSale=False,
            minimumQuantity=2,
            maximumQuantity=3,
            billingCycles=["OneTime", "annual"],
            terms=["", "P1Y"],
            currencies=["eur"],
            isAddon=True,
            prerequisites=["a", "b"],
            provisioningVariables=[{"key": "k", "required": True, "values": ["v"]}, {"key": "l"}],
            enforceAttestation=True,
            promotions=["p"],
            unknown={"member": 1},
        )
    )

    assert dict(items) == {
        "i": CatalogItem(
            catalog_item_id="i",
            title="Seats",
            on_sale=False,
            minimum_quantity=2,
            maximum_quantity=3,
            billing_cycles=("one_time", "annual"),
            terms=("", "P1Y"),
            currencies=("EUR",),
            is_addon=True,
            prerequisites=("a", "b"),
            provisioning_variables=(
                ProvisioningVariable("k", required=True, values=("v",)),
                ProvisioningVariable("l"),
            ),
            enforce_attestation=True,
            promotions=("p",),
        )
    }


@pytest.mark.parametrize(
    "title", ["plain", 'a "quoted" one', "back\\slash", "\u00e9\U0001f600", "a\nb", "{}"]
)
@pytest.mark.parametrize("catalog_item_id", ["plain", '"', "\\", '","title":"other",'])
def test_id_and_title_are_read_whatever_they_are(catalog_item_id: str, title: str) -> None:
    items = _read(_row("other"), _row(catalog_item_id, title=title))

    assert items[catalog_item_id].catalog_item_id == catalog_item_id
    assert items[catalog_item_id].title == title


def test_items_that_differ_in_anything_are_not_mistaken_for_each_other() -> None:
    items = _read(_row("a"), _row("b", onSale=False), _row("c"), _row("d", terms=["P1Y"]))

    assert [items[each].on_sale for each in "abcd"] == [True, False, True, True]
    assert [items[each].terms for each in "abcd"] == [(), (), (), ("P1Y",)]
    assert (items.get("e"), len(items), list(items)) == (None, 4, ["a", "b", "c", "d"])


@pytest.mark.parametrize(
    "content",
    [
        "{}",
        "[]",
        "null",
        "",
        _row().content.replace('"title":"T",', ""),
        _row().content.replace('"title":"T",', '"title":null,'),
        _row().content.replace('"minimumQuantity":1,', '"minimumQuantity":"1",'),
        _row().content.replace("[]", "{}"),
        _row().content.replace('["USD"]', "[1]"),
        _row().content[:-1],
    ],
)
def test_an_item_that_cannot_be_read_is_named_and_left_out(content: str) -> None:
    reading = CatalogReading(NONE)
    reading.add([("before", _row("before").content), ("wrong", content), ("after", _row("after").content)])

    assert reading.unreadable == ["wrong"]
    assert set(reading.items()) == {"before", "after"}


def test_items_that_are_bought_alike_share_what_they_say() -> None:
    items = _read(_row("a", title="A"), _row("b", title="B"), _row("c", promotions=["p"]))

    rows = [items.row(each) or ("", "", ()) for each in "abc"]
    assert rows[0][2] is rows[1][2]
    assert rows[0][2][3] is rows[2][2][3]


def test_what_did_not_change_is_taken_over_from_the_former_catalog() -> None:
    former = _read(_row("same"), _row("renamed"), _row("withdrawn"), _row("gone"))
    items = _read(
        _row("same"), _row("renamed", title="U"), _row("withdrawn", onSale=False), _row("new"), former=former
    )

    assert items.row("same") is former.row("same")
    assert items["renamed"].title == "U"
    assert (items["withdrawn"].on_sale, former["withdrawn"].on_sale) == (False, True)
    assert set(items) == {"same", "renamed", "withdrawn", "new"}


def test_more_kinds_of_items_than_are_remembered_are_read_all_the_same() -> None:
    items = _read(*(_row(str(number), maximumQuantity=number) for number in range(1, 6_000)))

    assert all(item.maximum_quantity == int(key) for key, item in items.items())
