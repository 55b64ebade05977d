"""The peers' SQL, which both drivers take as it stands."""

from pathlib import Path
from typing import Final

from tests.bench.sql_file import statements

_STATEMENTS: Final = statements(Path(__file__).with_name("peer.sql"))

OUTCOME: Final = _STATEMENTS["outcome"]
EARLIER: Final = _STATEMENTS["earlier"]
CART: Final = _STATEMENTS["cart"]
ORDERS: Final = _STATEMENTS["orders"]
LINES: Final = _STATEMENTS["lines"]
ERRORS: Final = _STATEMENTS["errors"]
