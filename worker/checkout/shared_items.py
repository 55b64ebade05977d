"""Many catalog items in little memory: those that are bought alike share all but their id and title."""

from collections.abc import Iterator, Mapping
from typing import Any

from worker.checkout.catalog import CatalogItem

Offer = tuple[Any, ...]
"""How an item may be bought: the members of `CatalogItem` after its id and title."""

Row = tuple[str, str, Offer]


def row_of(item: CatalogItem) -> Row:
    catalog_item_id, title, *offer = item
    return catalog_item_id, title, tuple(offer)


class SharedItems(Mapping[str, CatalogItem]):
    """Items by id, each put together when it is looked up."""

    __slots__ = ("_rows",)

    def __init__(self, rows: Mapping[str, Row]) -> None:
        self._rows = rows

    def __getitem__(self, catalog_item_id: str) -> CatalogItem:
        found_id, title, offer = self._rows[catalog_item_id]
        return CatalogItem(found_id, title, *offer)

    def __iter__(self) -> Iterator[str]:
        return iter(self._rows)

    def __len__(self) -> int:
        return len(self._rows)

    def row(self, catalog_item_id: str) -> Row | None:
        return self._rows.get(catalog_item_id)

    def rows(self) -> list[Row]:
        return list(self._rows.values())
