"""The message of a replay, and the file of a dead letter, as values."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final
from uuid import UUID

import pytest
from aiormq import spec

from tests.builders import CART, CUSTOMER, NOW, a_delivery, as_body
from worker.amqp.decode import Limits
from worker.amqp.envelope import replay_token
from worker.amqp.frame_shield import properties_of
from worker.amqp.header_table import FaithfulProperties
from worker.deadletters.entry import entry_of
from worker.deadletters.letter_file import file_name, file_of, read_file
from worker.deadletters.replay_message import key_of, replay_message
from worker.errors import ConfigurationFault
from worker.postgres.replays import Claim

TOKEN: Final = bytes(range(32))
LIMITS: Final = Limits(1_000_000, 200)
ASKED: Final = datetime(2026, 3, 1, 12, 0, 0, 250_000, tzinfo=UTC)
CODE: Final = {"x-dead-letter-code": "not-json", "x-dead-letter-reason": "The body is not JSON"}


def _claim(properties: spec.Basic.Properties, message_id: str | None = "m") -> Claim:
    raw = properties.marshal()
    return Claim("d" * 64, TOKEN, "cart.update", "cart.update", message_id, raw, b"{}", ASKED, "worker")


def _sent(properties: spec.Basic.Properties) -> spec.Basic.Properties:
    message = replay_message(_claim(properties), "cart.update", "ann")
    return properties_of(message.properties.marshal())


@pytest.mark.parametrize(
    ("queue", "routing_key", "expected"),
    [
        ("cart.checkout", "anything", "cart.checkout"),
        ("cart.update", "cart.update", "cart.update"),
        (None, "cart.update", "cart.update"),
        (None, "cart.chekout", None),
        ("another", "", None),
    ],
)
def test_a_replay_goes_to_the_queue_of_the_command(
    queue: str | None, routing_key: str, expected: str | None
) -> None:
    assert key_of(queue, routing_key) == expected


def test_of_what_the_broker_set_aside_headers_like_ours_are_no_properties() -> None:
    forged = spec.Basic.Properties(message_id="another", app_id="another").marshal()
    letter = FaithfulProperties(message_id="m", headers={"x-original-properties": bytearray(forged)})
    claim = _claim(letter)._replace(set_aside_by="broker")
    sent = properties_of(replay_message(claim, "cart.update", "ann").properties.marshal())
    assert (sent.message_id, sent.app_id) == ("m", None)


def test_the_token_comes_back_as_it_was_sent() -> None:
    assert replay_token(_sent(spec.Basic.Properties(message_id="m"))) == TOKEN


@pytest.mark.parametrize(
    "header", ["", "ab", TOKEN.hex()[:-1], TOKEN.hex() + "0", "z" * 64, 7, None, bytearray(TOKEN)]
)
def test_what_is_no_token_is_ignored(header: Any) -> None:
    assert replay_token(spec.Basic.Properties(headers={"x-replay-token": header})) is None


@pytest.mark.parametrize(
    ("sent", "archived", "replayed"), [("own", "m", "own"), (None, "m", "m"), (None, None, "d" * 64)]
)
def test_a_replay_has_the_id_of_its_message_else_that_of_its_dead_letter(
    sent: str | None, archived: str | None, replayed: str
) -> None:
    claim = _claim(spec.Basic.Properties(message_id=sent), archived)
    assert replay_message(claim, "cart.update", "ann").properties.message_id == replayed


def test_a_replay_is_persistent_and_steers_the_broker_by_nothing_that_its_message_had() -> None:
    kept: dict[str, Any] = {
        "traceparent": "t",
        "tracestate": "s",
        "ce-source": "shop",
        "cloudEvents_type": "c",
    }
    dropped: dict[str, Any] = {"CC": ["elsewhere"], "x-delay": 5, "x-death": [{"count": 3}], "tenant": "t"}

    sent = _sent(spec.Basic.Properties(headers=kept | dropped, delivery_mode=1, priority=9, expiration="1"))

    assert (sent.delivery_mode, sent.priority, sent.expiration) == (2, None, None)
    ours = {"x-replay-token": TOKEN.hex(), "x-replayed-by": "ann", "x-replay-of": "d" * 64}
    assert sent.headers == kept | ours


def test_a_message_without_a_time_is_replayed_with_the_time_when_it_was_asked() -> None:
    assert _sent(spec.Basic.Properties(message_id="m")).timestamp == ASKED


def test_a_message_with_a_time_keeps_it() -> None:
    said = datetime(2026, 2, 1, tzinfo=UTC)
    assert _sent(spec.Basic.Properties(timestamp=said)).timestamp == said
    cloud = _sent(spec.Basic.Properties(headers={"ce-time": "2026-02-01T00:00:00Z"}))
    assert (cloud.timestamp, (cloud.headers or {})["ce-time"]) == (None, "2026-02-01T00:00:00Z")


def test_properties_that_cannot_be_decoded_leave_the_id_of_the_message() -> None:
    claim = _claim(spec.Basic.Properties())._replace(properties=b"\xff\xff\x00")
    sent = replay_message(claim, "cart.checkout", "ann").properties
    assert (sent.message_id, sent.timestamp, sorted(sent.headers or {})) == (
        "m",
        ASKED,
        ["x-replay-of", "x-replay-token", "x-replayed-by"],
    )


@pytest.mark.parametrize(
    "body", [b"", b"{", "käse\u2028\0".encode(), b"\xef\xbb\xbf{}", b"\xff\xfe", b'{"a": 1}\r\n']
)
def test_a_file_holds_every_byte(tmp_path: Path, body: bytes) -> None:
    headers = CODE | {"bytes": bytearray(b"\0\xff"), "nested": {"list": [1, NOW]}}
    delivery = a_delivery(
        body,
        message_id="m",
        app_id="shop",
        timestamp=NOW,
        headers=headers,
        user_id="u",
        queue="cart.dead-letters",
    )
    letter = entry_of(replace(delivery, exchange="cart.dead-letters"), LIMITS)
    letter = letter._replace(customer_id=CUSTOMER, cart_id=CART, violations=None)
    file = tmp_path / file_name(letter.dead_letter_id)
    file.write_bytes(file_of(_row(letter._asdict())))
    assert read_file(file) == letter._replace(is_repeat=True)
    shown = json.loads(file.read_bytes())
    assert shown["format"] == "cart-checkout/dead-letter/1"
    assert ("body" in shown) != ("bodyBase64" in shown)
    assert shown["properties"]["appId"] == "shop"


def test_a_file_tells_what_breaks_the_contract_and_is_in_the_same_group_again(tmp_path: Path) -> None:
    headers = {"x-dead-letter-code": "contract-violation", "x-dead-letter-reason": "as an older worker said"}
    delivery = replace(a_delivery(b"{}", message_id="m", headers=headers), exchange="cart.dead-letters")
    letter = entry_of(delivery, LIMITS)
    file = tmp_path / "letter.json"
    file.write_bytes(file_of(_row(letter._asdict())))

    read = read_file(file)

    assert json.loads(file.read_bytes())["violations"] == json.loads(read.violations or "")
    assert read == letter._replace(is_repeat=True)
    assert read.pattern.startswith("contract-violation: customerId: ")


def _row(letter: dict[str, Any]) -> dict[str, Any]:
    """As the database gives it."""
    names = ("code", "reason", "violations", "set_aside_by", "queue", "exchange", "routing_key", "source")
    row = {name: letter[name] for name in ("dead_letter_id", *names, "message_id", "correlation_id")}
    ids = {name: letter[name] and UUID(letter[name]) for name in ("customer_id", "cart_id")}
    rest = {name: letter[name] for name in ("properties", "body", "asked_at")}
    return row | ids | rest | {"first_failed_at": letter["failed_at"], "last_failed_at": letter["failed_at"]}


@pytest.mark.parametrize("name", ["../../etc/passwd", "", ".hidden", "a/b", "x" * 101, "nul\0"])
def test_an_id_never_names_a_file_elsewhere(name: str) -> None:
    assert file_name("A-plain_1d") == "A-plain_1d.json"
    made = file_name(name)
    assert len(made) == 64 + len(".json")
    assert "/" not in made


@pytest.mark.parametrize(
    "document",
    [
        b"",
        b"[]",
        b"{}",
        b'{"format": "cart-checkout/dead-letter/2"}',
        as_body({"format": "cart-checkout/dead-letter/1"}),
    ],
)
def test_a_file_that_is_none_is_named(tmp_path: Path, document: bytes) -> None:
    file = tmp_path / "x.json"
    file.write_bytes(document)
    with pytest.raises(ConfigurationFault, match=r"x\.json is not an exported dead letter"):
        read_file(file)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"body": None}, "the file: .* either body or bodyBase64"),
        ({"bodyBase64": "e30="}, "the file: .* either body or bodyBase64"),
        ({"askedAt": "9999-12-31T23:59:59-14:00"}, "askedAt: .* there is no such time"),
        ({"askedAt": "2026-03-14T00:00:00"}, "askedAt: "),
        ({"violations": [{"path": "cart"}]}, r"violations\.0\.rule: "),
    ],
    ids=["no-body", "two-bodies", "no-time", "no-zone", "no-rule"],
)
def test_what_is_wrong_with_a_file_is_told_by_its_place(
    tmp_path: Path, change: dict[str, Any], told: str
) -> None:
    letter = entry_of(replace(a_delivery(message_id="m", headers=CODE), exchange="cart.dead-letters"), LIMITS)
    document = json.loads(file_of(_row(letter._replace(customer_id=CUSTOMER, cart_id=CART)._asdict())))
    file = tmp_path / "x.json"
    file.write_bytes(as_body(document | change))

    with pytest.raises(ConfigurationFault, match=rf"x\.json is not an exported dead letter: {told}"):
        read_file(file)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationFault, match=r"none\.json cannot be read: No such file"):
        read_file(tmp_path / "none.json")
