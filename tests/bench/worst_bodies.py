"""The worst bodies that we can think of: of as many values as are read, or as long as a message may be."""

import json
from collections.abc import Callable, Iterator
from itertools import count
from typing import Any, Final

from contracts.document import MAX_UNREAD, MAX_VALUES
from contracts.reader import MAX_MESSAGE_BYTES

_GUID: Final = "0a1b2c3d-0000-4000-8000-0000000000c1"
_LETTERS: Final = "abcdefghijklmnopq"


def a_line(**members: Any) -> dict[str, Any]:
    return {
        "catalogItemId": "DZH318Z0BPS6:0001:DZH318Z0BMTX",
        "quantity": 1,
        "currencyCode": "USD",
        "billingCycle": "monthly",
        "termDuration": "P1Y",
    } | members


def a_command(*lines: Any, **members: Any) -> dict[str, Any]:
    cart = {"id": _GUID, "lineItems": list(lines) or [a_line()]} | members
    return {"customerId": _GUID, "cartId": _GUID, "cart": cart}


def _an_error(**members: Any) -> dict[str, Any]:
    return a_command(a_line(error={"errorCode": 1, "errorDescription": "x"} | members))


PLACES: Final[dict[str, dict[str, Any]]] = {
    "customerId": {"customerId": "@"},
    "an unknown member of the command": a_command() | {"extra": "@"},
    "an unknown member of the cart": a_command(extra="@"),
    "links": a_command(links={"self": "@"}),
    "attributes": a_command(attributes="@"),
    "lineItems": {"customerId": _GUID, "cart": {"id": _GUID, "lineItems": "@"}},
    "a line": a_command("@"),
    "participants": a_command(a_line(participants="@")),
    "provisioningContext": a_command(a_line(provisioningContext="@")),
    "addonItems": a_command(a_line(addonItems="@")),
    "additionalPartnerIdsOnRecord": a_command(a_line(additionalPartnerIdsOnRecord="@")),
    "an unknown member of a line": a_command(a_line(extra="@")),
    "an unknown member of an error": _an_error(extra="@"),
    "additionalInformation": _an_error(additionalInformation="@"),
    "renewsTo": a_command(a_line(renewsTo="@")),
    "friendlyName": a_command(a_line(friendlyName="@")),
}


def _spelling(number: int) -> str:
    return "".join(letter.upper() if number >> bit & 1 else letter for bit, letter in enumerate(_LETTERS))


Fill = tuple[str, Callable[[int], str], str]
FILLS: Final[dict[str, Fill]] = {
    "numbers": ("[", lambda _: "1", "]"),
    "infinite numbers": ("[", lambda _: "1e400", "]"),
    "NaN": ("[", lambda _: "NaN", "]"),
    "numbers of 4,000 digits": ("[", lambda _: "9" * 4000, "]"),
    "empty objects": ("[", lambda _: "{}", "]"),
    "empty lists": ("[", lambda _: "[]", "]"),
    "empty texts": ("[", lambda _: '""', "]"),
    "nulls": ("[", lambda _: "null", "]"),
    "objects of one key": ("[", lambda _: '{"a":1}', "]"),
    "objects of objects": ("[", lambda _: '{"a":{}}', "]"),
    "participants": ("[", lambda _: '{"key":"a","value":"b"}', "]"),
    "texts with NUL": ("[", lambda _: '"\\u0000"', "]"),
    "keys with NUL": ("{", lambda number: f'"{number:x}\\u0000":1', "}"),
    "distinct keys": ("{", lambda number: f'"{number:x}":1', "}"),
    "keys of different case": ("{", lambda number: f'"{_spelling(number)}":1', "}"),
    "one key again and again": ("{", lambda _: '"a":1', "}"),
    "keys with escapes": ("{", lambda number: f'"\\u00e4{number:x}":1', "}"),
    "levels of 150": ("[", lambda _: "[" * 150 + "]" * 150, "]"),
    "levels without end": ("[" * (MAX_MESSAGE_BYTES // 2 - 1_000), lambda _: "", ""),
}
TEXTS: Final = {
    "a text": "x" * (MAX_MESSAGE_BYTES - 1_000),
    "a text of escapes": "\\u00e4" * (MAX_MESSAGE_BYTES // 6 - 200),
    "a text of smileys": "\U0001f600" * (MAX_MESSAGE_BYTES // 4 - 500),
    "a text of NULs": "\\u0000" * (MAX_MESSAGE_BYTES // 6 - 200),
}


def worst_bodies() -> Iterator[tuple[str, bytes]]:
    """What each is, and its bytes."""
    for place, template in PLACES.items():
        for fill, parts in FILLS.items():
            yield f"{place}: {fill}", _filled(template, parts, MAX_VALUES)
            yield f"{place}: a third of {fill}", _filled(template, parts, MAX_UNREAD)
        for name, text in TEXTS.items():
            yield f"{place}: {name}", _with(template, f'"{text}"')
    yield from _bad_lines()
    yield (
        "more values than are read",
        _filled(PLACES["links"], FILLS["objects of objects"], MAX_MESSAGE_BYTES),
    )
    yield "one number of a million digits", b"9" * (MAX_MESSAGE_BYTES - 1)
    yield "20 MiB of a list of numbers", b"[" + b"1," * (10 * MAX_MESSAGE_BYTES) + b"1]"


def _with(template: dict[str, Any], text: str) -> bytes:
    return json.dumps(template).replace('"@"', text).encode()


def _filled(template: dict[str, Any], parts: Fill, most: int) -> bytes:
    """The template with as many values in its place as a message may hold, and at most so many."""
    opening, unit, closing = parts
    room = MAX_MESSAGE_BYTES - len(json.dumps(template)) - len(opening) - len(closing)
    values = most - 100
    units: list[str] = []
    for number in count():
        text = unit(number)
        room -= len(text) + 1
        values -= 1 + sum(map(text.count, ",[{"))
        if min(room, values) < 0 or not text:
            break
        units.append(text)
    return _with(template, opening + ",".join(units) + closing)


def _bad_lines() -> Iterator[tuple[str, bytes]]:
    """200 lines, each wrong in every member, with as many partners and variables as fit."""
    members = ("id", "friendlyName", "catalogItemId", "quantity", "currencyCode", "billingCycle", "error")
    wrong: dict[str, Any] = {name: [] for name in members}
    people = [{"key": 1, "value": 2}] * 100
    yield "200 lines of wrong types", _bad(wrong)
    yield "200 lines of 100 wrong partners", _bad(a_line(participants=people))
    variables = {f"v{number}": number for number in range(100)}
    yield (
        "200 lines of 100 wrong variables",
        _bad(a_line(provisioningContext=variables)),
    )
    partners = [1] * 100
    mixed = a_line(additionalPartnerIdsOnRecord=partners, participants=people[:20], extra=[1] * 200)
    yield "200 lines of wrong partners and unknown members", _bad(mixed)
    addons = a_line(addonItems=[a_line(addonItems=[1] * 500_000)])
    yield "add-ons of an add-on", _with(a_command(addons), "")


def _bad(line: dict[str, Any]) -> bytes:
    return _with(a_command(*[line] * 200), "")


def largest_carts() -> Iterator[tuple[str, bytes]]:
    """Carts that nothing is wrong with: as many lines as there may be, as long as a message may be."""
    people = [{"key": "TRANSACTION_RESELLER", "value": f"{number:07}"} for number in range(90)]
    variables = {f"variable{number:03}": "value" * 4 for number in range(90)}
    partners = [f"{number:07}" for number in range(90)]
    unknown = {"numbers": [1] * 50, "objects": [{"a": 1}] * 20}
    yield "200 plain lines", _lines(a_line())
    yield "200 lines full of participants", _lines(a_line(participants=people))
    yield "200 lines full of variables", _lines(a_line(provisioningContext=variables))
    yield "200 lines full of partners on record", _lines(a_line(additionalPartnerIdsOnRecord=partners))
    yield "200 lines of unknown members", _lines(a_line(**unknown))
    spelled = {key.upper(): value for key, value in a_line(participants=people[:40], links=unknown).items()}
    yield "200 lines of unusual spelling", _lines(spelled)
    yield "100 lines with an add-on each", _lines(a_line(addonItems=[a_line(participants=people)]), 100)
    yield "1 line with 199 add-ons", _lines(a_line(addonItems=[a_line(participants=people)] * 199), 1)


def _lines(line: dict[str, Any], number: int = 200) -> bytes:
    body = _with(a_command(*[line | {"id": position} for position in range(number)]), "")
    assert len(body) <= MAX_MESSAGE_BYTES, len(body)
    return body
