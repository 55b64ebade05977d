"""Many catalog items in little memory: those that are bought alike share all but their id and title."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from worker.checkout.catalog import CatalogItem

Offer = tuple[Any, ...]
"""How an item may be bought: the members of `CatalogItem` after its id and title."""

Row = tuple[str, str, Offer]

_KEPT: Final = 2_000


class SharedItems(Mapping[str, CatalogItem]):
    """Items by id, each put together when it is looked up; a cart asks for its own ones many times."""

    __slots__ = ("_built", "_rows")

    def __init__(self, rows: Mapping[str, Row]) -> None:
        self._rows = rows
        self._built: dict[str, CatalogItem] = {}

    def __getitem__(self, catalog_item_id: str) -> CatalogItem:
        item = self._built.get(catalog_item_id)
        return item if item is not None else self._build(catalog_item_id)

    def get(self, catalog_item_id: str, default: Any = None) -> Any:
        """As of any mapping; asked 20 times a cart, and so without an exception in the way."""
        item = self._built.get(catalog_item_id)
        if item is not None:
            return item
        return self._build(catalog_item_id) if catalog_item_id in self._rows else default

    def _build(self, catalog_item_id: str) -> CatalogItem:
        found_id, title, offer = self._rows[catalog_item_id]
        if len(self._built) >= _KEPT:
            self._built.clear()
        item = self._built[catalog_item_id] = CatalogItem(found_id, title, *offer)
        return item

    def __iter__(self) -> Iterator[str]:
        return iter(self._rows)

    def __len__(self) -> int:
        return len(self._rows)

    def row(self, catalog_item_id: str) -> Row | None:
        return self._rows.get(catalog_item_id)

    def rows(self) -> list[Row]:
        return list(self._rows.values())
