"""The limit of the database's side: the rows of so many checkouts by COPY, on one connection, durably.

`python -m tests.bench.contenders.insert CORPUS COUNT` writes JSON: seconds, and CPU seconds of its own. The
rows are made before; only writing them counts.
"""

import argparse
import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from time import perf_counter, process_time
from typing import Any, Final

import asyncpg
import uvloop

from contracts.checkout import CheckoutCart
from tests.bench.contenders.peer_checkout import CheckedOut, checked_out
from tests.bench.contenders.peer_rows import cart_row, lines_columns, orders_columns, outcome_row
from tests.bench.contenders.peer_settings import PeerSettings
from tests.bench.corpus import CORPORA

_BATCH: Final = 1000
_CARTS: Final = [
    "customer_id",
    "cart_id",
    "version",
    "status",
    "assigned",
    "content",
    "created_at",
    "modified_at",
    "expires_at",
    "content_asked_at",
]
_OUTCOMES: Final = [
    "customer_id",
    "message_id",
    "cart_id",
    "cart_version",
    "content_hash",
    "asked_at",
    "event_id",
    "event_type",
    "event_time",
    "source",
    "correlation_id",
    "body",
    "publication",
    "published_at",
]
_ORDERS: Final = [
    "customer_id",
    "cart_id",
    "message_id",
    "created_at",
    "order_id",
    "order_group",
    "content_hash",
    "billing_cycle",
    "currency_code",
    "content",
    "status",
]
_LINES: Final = [
    "customer_id",
    "order_id",
    "line_item_number",
    "catalog_item_id",
    "quantity",
    "term_duration",
]
_ERRORS: Final = ["customer_id", "message_id", "cart_id", "created_at", "order_group", "code", "description"]


@dataclass(frozen=True, slots=True)
class Table:
    name: str
    columns: Sequence[str]
    rows: Sequence[tuple[Any, ...]]


def batches(made: Sequence[CheckedOut]) -> Iterator[list[Table]]:
    for start in range(0, len(made), _BATCH):
        part = made[start : start + _BATCH]
        yield [
            Table("outcomes", _OUTCOMES, [_outcome(each) for each in part]),
            Table("carts", _CARTS, [_cart(each) for each in part]),
            Table("orders", _ORDERS, [row for each in part for row in _orders(each)]),
            Table("order_line_items", _LINES, [row for each in part for row in _lines(each)]),
            Table("order_errors", _ERRORS, [row for each in part for row in _errors(each)]),
        ]


def _outcome(made: CheckedOut) -> tuple[Any, ...]:
    customer, message, cart, *rest = outcome_row(made)
    return (customer, message, cart, 1, *rest, "published", made.at)


def _cart(made: CheckedOut) -> tuple[Any, ...]:
    customer, cart, status, content, at, expires = cart_row(made)
    return (customer, cart, 1, status, "{}", content, at, at, expires, at)


def _orders(made: CheckedOut) -> Iterator[tuple[Any, ...]]:
    customer, cart, message, at, *columns = orders_columns(made)
    return ((customer, cart, message, at, *row, "pending") for row in zip(*columns, strict=True))


def _lines(made: CheckedOut) -> Iterator[tuple[Any, ...]]:
    customer, *columns = lines_columns(made)
    return ((customer, *row) for row in zip(*columns, strict=True))


def _errors(made: CheckedOut) -> Iterator[tuple[Any, ...]]:
    return ((made.customer_id, made.message_id, made.cart_id, made.at, *error) for error in made.errors)


async def insert(database_url: str, tables: Sequence[list[Table]]) -> dict[str, float]:
    connection = await asyncpg.connect(database_url)
    try:
        started, spent = perf_counter(), process_time()
        for batch in tables:
            async with connection.transaction():
                for table in batch:
                    await connection.copy_records_to_table(
                        table.name, records=table.rows, columns=table.columns
                    )
        return {"seconds": perf_counter() - started, "cpu": process_time() - spent}
    finally:
        await connection.close()


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("corpus", choices=CORPORA)
    parser.add_argument("count", type=int)
    options = parser.parse_args()
    carts = {cart.message_id: cart for cart in CORPORA[options.corpus].carts(0, options.count)}.values()
    made = [checked_out(CheckoutCart.model_validate_json(cart.body), cart.message_id) for cart in carts]
    figures = uvloop.run(insert(PeerSettings().database_url, list(batches(made))))
    json.dump(figures, sys.stdout)


if __name__ == "__main__":
    main()
