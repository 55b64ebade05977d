"""One line of a catalog file."""

from typing import Any

import pytest
from pydantic import ValidationError

from contracts.catalog import CatalogLine

LINE: dict[str, Any] = {
    "catalogItemId": "i",
    "title": "T",
    "billingCycles": ["monthly"],
    "currencies": ["USD"],
}


def test_a_catalog_line_that_says_the_least_is_on_sale_without_limits() -> None:
    assert CatalogLine.model_validate(LINE).model_dump() == {
        "catalogItemId": "i",
        "title": "T",
        "onSale": True,
        "minimumQuantity": 1,
        "maximumQuantity": 2_147_483_647,
        "billingCycles": ["monthly"],
        "terms": [],
        "currencies": ["USD"],
        "isAddon": False,
        "prerequisites": [],
        "provisioningVariables": [],
        "enforceAttestation": False,
        "promotions": [],
    }


def test_a_catalog_line_is_read_as_tolerantly_as_a_cart() -> None:
    line = {key.upper(): value for key, value in LINE.items()}
    line |= {
        "BILLINGCYCLES": ["OneTime", "Monthly"],
        "CURRENCIES": ["eur"],
        "TERMS": ["", "P1Y"],
        "PROMOTIONS": None,
        "is_add_on": True,
    }
    line["provisioningVariables"] = [{"Key": "scope", "Values": ["single"]}]

    read = CatalogLine.model_validate(line)

    assert (read.billing_cycles, read.currencies, read.terms) == (
        ["one_time", "monthly"],
        ["EUR"],
        ["", "P1Y"],
    )
    assert (read.promotions, read.is_addon) == ([], True)
    assert read.provisioning_variables[0].model_dump() == {
        "key": "scope",
        "required": False,
        "values": ["single"],
    }


@pytest.mark.parametrize(
    ("member", "value"),
    [
        ("catalogItemId", ""),
        ("catalogItemId", "i" * 257),
        ("title", None),
        ("billingCycles", []),
        ("billingCycles", ["monthly", "weekly"]),
        ("currencies", []),
        ("currencies", ["EURO"]),
        ("minimumQuantity", 0),
        ("maximumQuantity", 2**31),
        ("onSale", "yes"),
        ("terms", "P1Y"),
        ("terms", ["P1Y", "P1D"]),
    ],
    ids=repr,
)
def test_a_catalog_line_that_breaks_the_contract_is_refused(member: str, value: Any) -> None:
    with pytest.raises(ValidationError) as caught:
        CatalogLine.model_validate({**LINE, member: value})

    assert [each["loc"][0] for each in caught.value.errors()] == [member]


def test_an_item_may_be_sold_in_one_quantity_alone() -> None:
    read = CatalogLine.model_validate(LINE | {"minimumQuantity": 5, "maximumQuantity": 5})

    assert (read.minimum_quantity, read.maximum_quantity) == (5, 5)
