"""Bodies that are no JSON, no UTF-8, too large, or hold characters that cannot be stored."""

import pytest

from contracts.codes import DeadLetterCode
from contracts.reader import UnreadableError, read_checkout
from contracts.rejected import Violation
from tests.builders import CART, CUSTOMER, a_cart, a_checkout, a_line, as_body

BODY = as_body(a_checkout())
BOM = b"\xef\xbb\xbf"
NO_NUL = "Text should hold no NUL character"


def refused(body: bytes, **limits: int) -> UnreadableError:
    with pytest.raises(UnreadableError) as caught:
        read_checkout(body, **limits)
    return caught.value


def test_a_byte_order_mark_is_tolerated() -> None:
    assert read_checkout(BOM + BODY) == read_checkout(BODY)


@pytest.mark.parametrize("body", [BODY + b"\n", b" \t\r\n" + BODY])
def test_white_space_around_the_body_is_tolerated(body: bytes) -> None:
    assert read_checkout(body) == read_checkout(BODY)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b" ",
        BOM,
        BOM + BOM + BODY,
        BODY + b"x",
        BODY + BODY,
        BODY[:-1],
        BODY.replace(b'"', b"'"),
        BODY.replace(b"}", b",}"),
        b"customerId=" + CUSTOMER.encode(),
        as_body(a_checkout(a_cart(a_line(friendlyName="@")))).replace(b"@", b"\x00"),
        as_body(a_checkout(a_cart(a_line(friendlyName="@")))).replace(b"@", b"\\x41"),
        as_body(a_checkout(a_cart(a_line(friendlyName="@")))).replace(b"@", b"\\ud800"),
        as_body(a_checkout(a_cart(a_line(friendlyName="@")))).replace(b"@", b"\\udc00\\ud800"),
        as_body(a_checkout(a_cart(a_line(**{"@": 1})))).replace(b"@", b"\\ud800"),
    ],
    ids=range(15),
)
def test_a_body_that_is_no_json(body: bytes) -> None:
    error = refused(body)

    assert error.code is DeadLetterCode.NOT_JSON
    assert error.reason.startswith("The body is not JSON: ")
    assert error.violations == []


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"\xff" + BODY, "The body is not UTF-8: byte 0 cannot be decoded."),
        (BODY.decode().encode("utf-16"), "The body is not UTF-8: byte 0 cannot be decoded."),
        (b'{"a": "\xe4"}', "The body is not UTF-8: byte 7 cannot be decoded."),
        (b'"\xed\xa0\x80"', "The body is not UTF-8: byte 1 cannot be decoded."),
        (b'"\xc0\x80"', "The body is not UTF-8: byte 1 cannot be decoded."),
    ],
    ids=range(5),
)
def test_a_body_that_is_no_utf_8(body: bytes, reason: str) -> None:
    error = refused(body)

    assert (error.code, error.reason, error.violations) == (DeadLetterCode.NOT_UTF8, reason, [])


def test_a_body_of_exactly_the_limit_is_read_and_one_more_byte_is_too_large() -> None:
    assert read_checkout(BODY, max_bytes=len(BODY)) == read_checkout(BODY)

    error = refused(BODY, max_bytes=len(BODY) - 1)

    assert error.code is DeadLetterCode.TOO_LARGE
    assert error.reason == f"The body has {len(BODY)} bytes; at most {len(BODY) - 1} are read."


def test_a_body_has_at_most_a_mebibyte_by_default() -> None:
    assert read_checkout(BODY.ljust(1024 * 1024)) == read_checkout(BODY)
    assert refused(BODY.ljust(1024 * 1024 + 1)).code is DeadLetterCode.TOO_LARGE


@pytest.mark.parametrize(
    ("checkout", "path"),
    [
        (a_checkout(a_cart(a_line(friendlyName="a\0b"))), "cart.lineItems[0].friendlyName"),
        (a_checkout(a_cart(a_line(), a_line(orderGroup="\0"))), "cart.lineItems[1].orderGroup"),
        (
            a_checkout(a_cart(a_line(provisioningContext={"k": "\0"}))),
            "cart.lineItems[0].provisioningContext.k",
        ),
        (
            a_checkout(a_cart(a_line(provisioningContext={"k\0": "v"}))),
            "cart.lineItems[0].provisioningContext",
        ),
        (a_checkout(a_cart(a_line(**{"a\0b": 1}))), "cart.lineItems[0]"),
        (a_checkout(a_cart(pricing={"deep": [1, {"er": "\0"}]})), "cart.pricing.deep[1].er"),
        (a_checkout(unknown="\0"), "unknown"),
        (a_checkout(customerId="\0"), "customerId"),
    ],
)
def test_a_nul_character_is_a_violation_wherever_it_is(checkout: dict[str, object], path: str) -> None:
    error = refused(as_body(checkout))

    assert error.code is DeadLetterCode.CONTRACT_VIOLATION
    assert error.violations == [Violation(path=path, rule=NO_NUL)]


def test_a_path_through_a_key_with_nul_can_be_stored() -> None:
    error = refused(as_body(a_checkout(**{"a\0b": "c\0d"})))

    assert [each.path for each in error.violations] == ["", "a\ufffdb"]
    assert "\0" not in error.reason


def test_a_backslash_before_u0000_is_text() -> None:
    cart = read_checkout(as_body(a_checkout(a_cart(a_line(friendlyName="\\u0000"))))).cart

    assert cart is not None
    assert cart.line_items[0].friendly_name == "\\u0000"


def test_characters_beyond_the_basic_plane_are_read_raw_and_escaped() -> None:
    escaped = as_body(a_checkout(a_cart(a_line(friendlyName="🛒"))))
    raw = escaped.replace(b"\\ud83d\\uded2", "🛒".encode())

    assert escaped != raw
    assert read_checkout(escaped) == read_checkout(raw)


def test_a_long_path_is_cut() -> None:
    error = refused(as_body(a_checkout(a_cart(a_line(provisioningContext={"k" * 1000: 1})))))

    assert error.violations[0].path == ("cart.lineItems[0].provisioningContext." + "k" * 1000)[:256]


def test_a_checkout_names_its_cart() -> None:
    assert read_checkout(BODY).named_cart_id == CART
