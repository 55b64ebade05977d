"""The peers' SQL, which both drivers take as it stands."""

import re
from pathlib import Path
from typing import Final

_NAME: Final = re.compile(r"^-- name: (\w+)$", re.MULTILINE)
_, *_PARTS = _NAME.split(Path(__file__).with_name("peer.sql").read_text("utf-8"))
_STATEMENTS: Final = dict(zip(_PARTS[::2], _PARTS[1::2], strict=True))

OUTCOME: Final = _STATEMENTS["outcome"]
EARLIER: Final = _STATEMENTS["earlier"]
CART: Final = _STATEMENTS["cart"]
ORDERS: Final = _STATEMENTS["orders"]
LINES: Final = _STATEMENTS["lines"]
ERRORS: Final = _STATEMENTS["errors"]
