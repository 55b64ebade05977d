"""Whom a body is about that is not read as JSON: it is too large, broken, or reading it ends the process."""

import re
from typing import Final, NamedTuple

_LOOKED_AT: Final = 64 * 1024
_GUID: Final = rb"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
_CUSTOMER: Final = re.compile(rb'"customer_?id"\s*:\s*"(' + _GUID + rb')"', re.IGNORECASE)
_CART: Final = re.compile(
    rb'"(?:cart_?id"\s*:\s*"|cart"\s*:\s*\{[^{}\[\]]*?"id"\s*:\s*")(' + _GUID + rb')"', re.IGNORECASE
)


class Named(NamedTuple):
    """GUIDs in lower case; None: not at the beginning of the text."""

    customer_id: str | None
    cart_id: str | None


def named_in(body: bytes) -> Named:
    """What the first 64 kB say, to be found by and for nothing else: it is a guess."""
    text = body[:_LOOKED_AT]
    return Named(_first(_CUSTOMER, text), _first(_CART, text))


def _first(pattern: re.Pattern[bytes], text: bytes) -> str | None:
    found = pattern.search(text)
    return found[1].decode().lower() if found else None
