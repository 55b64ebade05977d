"""The committed schemas: draft-07, as type generators of many languages like them."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from jsonschema import Draft7Validator

from contracts.reader import read_checkout
from tests.contracts.documents import SCHEMAS, nodes, validator
from tests.strategies import checkouts

COMMANDS = ("cart.checkout", "cart.update")


def objects(schema: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield schema
    yield from schema["definitions"].values()


@pytest.mark.parametrize("name", SCHEMAS)
def test_a_schema_is_draft_7_with_a_stable_id(name: str) -> None:
    Draft7Validator.check_schema(SCHEMAS[name])

    assert SCHEMAS[name]["$schema"] == "http://json-schema.org/draft-07/schema#"
    assert SCHEMAS[name]["$id"] == f"urn:cart-checkout:{name}"


def test_there_is_one_for_each_body() -> None:
    assert set(SCHEMAS) == {
        "cart.checkout",
        "cart.update",
        "cart.updated",
        "cart.rejected",
        "checkout.result",
        "checkout.rejected",
    }


@pytest.mark.parametrize("name", SCHEMAS)
def test_references_stay_inside_of_a_schema(name: str) -> None:
    schema = SCHEMAS[name]
    references = {node["$ref"] for _, node in nodes(schema) if "$ref" in node}

    assert references == {f"#/definitions/{definition}" for definition in schema["definitions"]}


@pytest.mark.parametrize("name", SCHEMAS)
def test_nothing_is_closed_that_may_grow_and_nothing_is_null(name: str) -> None:
    for _, node in nodes(SCHEMAS[name]):
        assert not {"enum", "const", "default", "prefixItems", "$defs"} & node.keys()
        assert node.get("type") != "null"
    assert all(each["additionalProperties"] is True for each in objects(SCHEMAS[name]))


@pytest.mark.parametrize("name", SCHEMAS)
def test_names_are_camel_case_and_integers_have_32_bits(name: str) -> None:
    for each in objects(SCHEMAS[name]):
        assert all(member.isalnum() and member[0].islower() for member in each.get("properties", {}))
    for path, node in nodes(SCHEMAS[name]):
        if node.get("type") == "integer":
            assert node["format"] == "int32", path
            assert -(2**31) <= node["minimum"] <= node["maximum"] <= 2**31 - 1, path
        assert node.get("type") != "number", path


@pytest.mark.parametrize("name", ["cart.updated", "checkout.result"])
def test_an_event_promises_no_zone_for_a_timestamp_that_is_echoed(name: str) -> None:
    formatted = {path for path, node in nodes(SCHEMAS[name]) if node.get("format") == "date-time"}

    assert formatted <= {"/definitions/Order/properties/creationDate"}


@given(checkouts())
def test_what_the_schema_takes_the_reader_reads_and_writes_as_the_schema_takes_it(
    checkout: dict[str, Any],
) -> None:
    written = json.loads(read_checkout(json.dumps(checkout).encode()).to_json())

    assert [error.message for error in validator("cart.checkout").iter_errors(written)] == []
