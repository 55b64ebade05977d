"""Stored catalog items to items in memory, a page at a time; what is alike is held once."""

import re
from collections.abc import Iterable
from typing import Any, Final, TypeVar, get_type_hints

from pydantic import BaseModel, ConfigDict, ValidationError, create_model
from pydantic.alias_generators import to_camel

from worker.checkout.catalog import CatalogItem
from worker.checkout.shared_items import Offer, Row, SharedItems

K = TypeVar("K")
V = TypeVar("V")

# How an import begins an item. What follows is the same text for many items: only the first is parsed. Titles
# with escapes are left to the parser.
_HEAD: Final = re.compile(r'\{"catalogItemId":"(?:[^"\\]|\\.)*","title":"([^"\\]*)",')
# Much of a catalog is alike, and the rest never comes again: it must not fill the memory.
_MOST_REMEMBERED: Final = 5_000

_MEMBERS: Final[dict[str, Any]] = {
    name: (kind, CatalogItem._field_defaults.get(name, ...))
    for name, kind in get_type_hints(CatalogItem).items()
}
# The types are all that the rules rely on; the rest of the contract was checked by the import.
_Stored: Final[type[BaseModel]] = create_model(
    "_Stored", __config__=ConfigDict(alias_generator=to_camel, extra="ignore", strict=True), **_MEMBERS
)


class CatalogReading:
    """One reading of all items. Items that are as they were are taken over from the former catalog."""

    def __init__(self, former: SharedItems) -> None:
        self.unreadable: list[str] = []
        """Ids of the items that cannot be read. They are left out: nobody can order them."""
        self._former = former
        self._rows: dict[str, Row] = {}
        self._offers: dict[str, Offer] = {}
        self._values: dict[Any, Any] = {}

    def add(self, page: Iterable[tuple[str, str]]) -> None:
        """Take in items: id and stored content."""
        for catalog_item_id, content in page:
            try:
                title, offer = self._read(content)
            except ValidationError:
                self.unreadable.append(catalog_item_id)
            else:
                row = self._kept(catalog_item_id, title, offer)
                self._rows[row[0]] = row

    def items(self) -> SharedItems:
        return SharedItems(self._rows)

    def _read(self, content: str) -> tuple[str, Offer]:
        head = _HEAD.match(content)
        if head is None:
            return self._parse(content)
        text = content[head.end() :]
        offer = self._offers.get(text)
        if offer is None:
            offer = _first(self._offers, text, self._parse(content)[1])
        return head[1], offer

    def _parse(self, content: str) -> tuple[str, Offer]:
        _, title, *members = vars(_Stored.__pydantic_validator__.validate_json(content)).values()
        return title, tuple([self._shared(each) if type(each) is tuple else each for each in members])

    def _shared(self, values: tuple[Any, ...]) -> tuple[Any, ...]:
        known: tuple[Any, ...] | None = self._values.get(values)
        if known is None:
            known = tuple([_first(self._values, each, each) for each in values])
            self._values[known] = known
        return known

    def _kept(self, catalog_item_id: str, title: str, offer: Offer) -> Row:
        former = self._former.row(catalog_item_id)
        if former is None:
            return catalog_item_id, title, offer
        if former[1:] == (title, offer):
            return former
        return former[0], former[1] if former[1] == title else title, offer


def _first(memory: dict[K, V], key: K, value: V) -> V:
    """The value that came first under this key, as far as the memory reaches."""
    if len(memory) >= _MOST_REMEMBERED:
        memory.clear()
    return memory.setdefault(key, value)
