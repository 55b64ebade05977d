"""The catalog: what may be bought, and how."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple


@dataclass(frozen=True, slots=True)
class ProvisioningVariable:
    """A key of a line's provisioning context. No values listed: any value will do."""

    key: str
    required: bool = False
    values: tuple[str, ...] = ()


class CatalogItem(NamedTuple):
    """One thing to buy. No terms listed: it is bought without a term."""

    catalog_item_id: str
    title: str
    on_sale: bool
    minimum_quantity: int
    maximum_quantity: int
    billing_cycles: tuple[str, ...]
    terms: tuple[str, ...]
    currencies: tuple[str, ...]
    is_addon: bool = False
    prerequisites: tuple[str, ...] = ()
    provisioning_variables: tuple[ProvisioningVariable, ...] = ()
    enforce_attestation: bool = False
    promotions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Catalog:
    """All items by id. Open: items it does not know are not checked, and cost `default_currency`."""

    items: Mapping[str, CatalogItem]
    is_open: bool = False
    default_currency: str = "USD"

    def find(self, catalog_item_id: str) -> CatalogItem | None:
        return self.items.get(catalog_item_id)

    def currency_for(self, catalog_item_id: str) -> str | None:
        """The currency of a line that names none: its item's only one; in an open catalog, the default."""
        item = self.find(catalog_item_id)
        if item is not None and len(item.currencies) == 1:
            return item.currencies[0]
        return self.default_currency if item is None and self.is_open else None
