"""What operators see of a dead letter: where it is wrong, and not who it names."""

import json
from typing import Any, Final

import pytest

from worker.deadletters.mask import Mask
from worker.deadletters.pointing import pointed

DOCUMENT: Final[dict[str, Any]] = {
    "customerId": "c",
    "Cart": {"line_items": [{"quantity": 1}, {"quantity": 0, "participants": []}], "none": {}},
}


def _text(*violations: tuple[str, str], document: Any = DOCUMENT) -> list[str]:
    found = pointed(document, [{"path": path, "rule": rule} for path, rule in violations])
    return [line.text for line in found]


def test_the_document_is_written_as_it_is() -> None:
    assert _text() == [
        "{",
        '  "customerId": "c",',
        '  "Cart": {',
        '    "line_items": [',
        "      {",
        '        "quantity": 1',
        "      },",
        "      {",
        '        "quantity": 0,',
        '        "participants": []',
        "      }",
        "    ],",
        '    "none": {}',
        "  }",
        "}",
    ]


@pytest.mark.parametrize(
    ("path", "above", "said"),
    [
        ("cart.lineItems[1].quantity", '        "quantity": 0,', "        ^ rule"),
        ("cart.lineItems", '    "line_items": [', "    ^ rule"),
        ("", "{", "^ rule"),
        ("cart.lineItems[1].catalogItemId", "      {", "      ^ cart.lineItems[1].catalogItemId: rule"),
        ("cart.lineItems[7].quantity", '    "line_items": [', "    ^ cart.lineItems[7].quantity: rule"),
        ("nowhere", "{", "^ nowhere: rule"),
    ],
)
def test_a_rule_stands_below_its_place_or_the_closest_one(path: str, above: str, said: str) -> None:
    lines = _text((path, "rule"))
    number = lines.index(said)
    assert lines[number - 1] == above
    assert lines[:number] + lines[number + 1 :] == _text()


def test_a_document_that_is_a_bare_value_can_be_pointed_at() -> None:
    assert _text(("", "Input should be an object"), document=7) == ["7", "^ Input should be an object"]


def test_names_are_masked_at_any_depth_and_in_any_spelling() -> None:
    mask = Mask.of("lastModifiedUser, Friendly_Name")
    shown = mask.document(
        {
            "LASTMODIFIEDUSER": "a",
            "cart": [{"last_modified_user": {"name": "b"}}, {"friendlyName": None, "friendly-name": 0}],
            "user": "c",
        }
    )
    assert shown == {
        "LASTMODIFIEDUSER": "***",
        "cart": [{"last_modified_user": "***"}, {"friendlyName": None, "friendly-name": "***"}],
        "user": "c",
    }
    assert Mask.of("").document(DOCUMENT) == DOCUMENT


def test_a_text_that_holds_json_is_hidden_where_it_may_name_somebody() -> None:
    mask, person = Mask.of("lastModifiedUser"), json.dumps({"lastModifiedUser": "bob"})
    assert mask.document(person) == "***"
    assert mask.document(json.dumps(person)) == "***"
    assert mask.document({"cart": [person, "plain", "\ud800"]}) == {"cart": ["***", "plain", "\ud800"]}
    assert mask.document(place := "cart.lastModifiedUser: Input should be a string") == place
    assert mask.document("\\u007b\\u006castModifiedUser") == "***"
    assert Mask.of("").document(person) == person


@pytest.mark.parametrize(
    ("body", "hidden"),
    [
        (b'{"lastModifiedUser": "bob"', True),
        (b'{"LASTMODIFIED_USER": "bob"', True),
        ('{"lastModifiedUser": "bob"'.encode("utf-16"), True),
        (b'{"\\u006castModifiedUser": "bob"', True),
        (b'{"quantity": 1', False),
        (b"", False),
    ],
)
def test_a_body_that_cannot_be_parsed_is_hidden_where_it_may_name_somebody(
    body: bytes, *, hidden: bool
) -> None:
    assert Mask.of("lastModifiedUser").hides_some_of(body) is hidden
    assert Mask.of("friendlyName, lastModifiedUser, key").hides_some_of(body) is hidden
    assert not Mask.of(" , ").hides_some_of(body)
