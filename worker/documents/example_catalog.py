"""The catalog of the examples: what their lines ask for, and one item that is sold no more."""

from typing import Any

from worker.checkout.catalog import Catalog, CatalogItem, ProvisioningVariable

_ENTERPRISE = "CFQ7TTC0LFLX:0001:CFQ7TTC0K9P3"


def example_catalog() -> Catalog:
    items = (*_licences(), *_others())
    return Catalog({item.catalog_item_id: item for item in items})


def _licences() -> tuple[CatalogItem, ...]:
    return (
        _item(
            "CFQ7TTC0LCHC:0002:CFQ7TTC0K9P2",
            "Business Premium",
            currencies=("USD",),
            promotions=("39NFJQT1PJSF:0001:39NFJQT1Q5LC",),
        ),
        _item(_ENTERPRISE, "Enterprise E3"),
        _item(
            "CFQ7TTC0LHRL:0001:CFQ7TTC0K9P4",
            "Audio Conferencing",
            is_addon=True,
            prerequisites=(_ENTERPRISE,),
        ),
        _item("CFQ7TTC0LGZT:0001:CFQ7TTC0K9PA", "Project Plan 3", on_sale=False),
        _item("DZH318Z08C8D:0001:DZH318Z0K9P9", "Monitoring service, trial", billing_cycles=("none",)),
    )


def _others() -> tuple[CatalogItem, ...]:
    return (
        _item(
            "DG7GMGF0D5RK:0005:DG7GMGF0K9P6",
            "Server Standard",
            currencies=("USD",),
            maximum_quantity=50,
            billing_cycles=("one_time",),
            terms=(),
        ),
        _item(
            "DZH318Z0BQ35:003L:DZH318Z0K9P7",
            "Virtual machine reservation",
            billing_cycles=("one_time",),
            terms=("P1Y", "P3Y"),
            provisioning_variables=(
                ProvisioningVariable("scope", required=True, values=("single", "shared")),
                ProvisioningVariable("subscriptionId", required=True),
            ),
        ),
    )


def _item(catalog_item_id: str, title: str, **others: Any) -> CatalogItem:
    usual: dict[str, Any] = {
        "on_sale": True,
        "minimum_quantity": 1,
        "maximum_quantity": 300,
        "billing_cycles": ("monthly", "annual"),
        "terms": ("P1M", "P1Y"),
        "currencies": ("USD", "EUR"),
    }
    return CatalogItem(catalog_item_id, title, **usual | others)
