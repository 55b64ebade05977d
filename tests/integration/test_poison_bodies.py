"""Bodies that are no command: each is one dead letter after one attempt, and harms no neighbour."""

import json
from typing import Final

from tests.support.broker import SOURCE, Broker, Subscriber
from tests.support.carts import a_line, a_request, guid
from tests.support.database import Database
from tests.support.in_process import consuming
from worker.settings import Settings

PLAIN: Final = a_request("a").body
BOM: Final = b"\xef\xbb\xbf"


def _with(text: str, member: str = "quantity") -> bytes:
    """A checkout whose line has this member, written as given."""
    document = a_request("a").document
    document["cart"]["lineItems"] = [a_line("a") | {member: "@"}]
    return json.dumps(document).replace('"@"', text).encode()


def _nested(levels: int, opening: str, closing: str) -> str:
    return opening * levels + "1" + closing * levels


CORPUS: Final[dict[str, list[bytes]]] = {
    "not-utf8": [
        b"\xff",
        b"\x80" * 1_000,
        PLAIN[:-1] + b"\xe2\x82",
        b'{"a": "\xc0\x80"}',
        b'{"a": "\xed\xa0\x80"}',
        PLAIN.decode().encode("utf-16"),
        PLAIN.decode().encode("utf-32"),
        _with('"cheese"', "friendlyName").replace(b"cheese", b"k\xe4se"),
    ],
    "not-json": [
        b"",
        BOM,
        BOM + BOM + PLAIN,
        b" ",
        b"\x00",
        b"{",
        b"{}{}",
        b"]",
        b"nul",
        b"'a'",
        PLAIN[:-1],
        PLAIN + b"x",
        PLAIN + b"\x00",
        b"<cart/>",
        b'{"a": 1,}',
        b'{"a": "\\ud800"}',
        b'{"a": "\\x"}',
        b'{"a": "\n"}',
        _with("01"),
        _with("+1"),
        _with("1."),
        _with("0x10"),
        _with("9" * 5_000, "pricing"),
        b"9" * 1_000_000,
    ],
    "contract-violation": [
        b"null",
        b"true",
        b"0",
        b'"cart"',
        b"[]",
        b"{}",
        b"[" + PLAIN + b"]",
        BOM + b"{}",
        _with("NaN"),
        _with("-Infinity"),
        _with("NaN", "pricing"),
        _with("1e400", "pricing"),
        _with("1e1000000"),
        _with("1e1000000", "pricing"),
        _with("9" * 1_001, "pricing"),
        _with("-1"),
        _with("2147483648"),
        _with("9223372036854775808"),
        _with("1.0"),
        _with("true"),
        _with('"1"'),
        _with("null"),
        _with('"\\u0000"', "friendlyName"),
        _with('{"\\u0000": 1}', "pricing"),
        _with('{"a": 1, "A": 2}', "pricing"),
        _with('"' + "x" * 257 + '"', "friendlyName"),
        _with(_nested(1_000, "[", "]"), "pricing"),
        _with(_nested(1_000, '{"a":', "}"), "pricing"),
        b"[" * 100_000,
        _with("[" + "1," * 100_000 + "1]", "pricing"),
        _with("[" + "[]," * 100_000 + "1]", "participants"),
        _with("{" + ",".join(f'"{number:x}":1' for number in range(59_000)) + "}", "provisioningContext"),
        _with('["\\u0000"' + ',"\\u0000"' * 50_000 + "]", "pricing"),
        json.dumps({"customerId": guid(), "cart": {"id": guid(), "lineItems": [[]] * 200}}).encode(),
        json.dumps({"customerId": guid(), "cart": {"id": guid(), "lineItems": []}}).encode(),
        json.dumps({"customerId": "everybody", "cartId": guid()}).encode(),
        PLAIN.replace(b'"customerId"', b'"customerid": 1, "customerId"'),
    ],
    "too-large": [
        PLAIN + b" " * 1_100_000,
        b"[" * 1_100_000,
        b"\xff" * 2_000_000,
    ],
}


async def test_each_is_one_dead_letter_after_one_attempt_and_its_neighbours_are_ordered(
    broker: Broker, events: Subscriber, database: Database, settings: Settings
) -> None:
    bad = {f"{code} {number}": body for code, bodies in CORPUS.items() for number, body in enumerate(bodies)}
    good = [a_request("a") for _ in bad]
    for (message_id, body), request in zip(bad.items(), good, strict=True):
        await broker.publish(body, message_id=message_id, app_id=SOURCE)
        await broker.submit(request)
    async with consuming(settings):
        await events.until_ids(2 * len(bad))

    letters = await broker.dead_letters(len(bad))
    assert {each.id: each.body for each in letters} == bad
    codes = {each.id: each.headers["x-dead-letter-code"] for each in letters}
    assert codes == {message_id: message_id.split()[0] for message_id in bad}
    stored = await database.rows("SELECT message_id, event_type FROM checkouts")
    assert {row["message_id"]: row["event_type"] for row in stored} == dict.fromkeys(
        (each.message_id for each in good), "checkout.completed"
    )
    rejected = [each for each in events.messages if each.properties.message_type == "checkout.rejected"]
    assert len(rejected) == len(bad)
    assert len(events.messages) == 2 * len(bad)
    assert await broker.ready() == 0


async def test_a_key_that_comes_twice_counts_as_it_came_last(
    broker: Broker, events: Subscriber, database: Database, settings: Settings
) -> None:
    """As every JSON library reads it: no fault, and no dead letter."""
    request = a_request("a")
    body = request.body.replace(b'"quantity": 2', b'"quantity": 7, "quantity": 2')
    assert body != request.body
    async with consuming(settings):
        await broker.publish(body, message_id=request.message_id)
        await events.until(1)
        await broker.submit(request)
        await events.until(2)
    assert await database.count("checkouts") == 1
    assert {each.properties.message_type for each in events.messages} == {"checkout.completed"}
