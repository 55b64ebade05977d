"""The arrays of the commit statement: a row a fact, transposed to a column a parameter."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from typing import Any

from pydantic_core import to_json

from worker.checkout.decision import CartChange, Decided

Row = tuple[Any, ...]


def effects(decided: Sequence[Decided]) -> Iterator[list[Any]]:
    """Columns of carts, outcomes, orders, line items and errors: the statement's parameters in order."""
    return chain(
        columns((_cart(each, each.cart) for each in decided if each.cart), width=10),
        columns((_outcome(each) for each in decided), width=14),
        columns(chain.from_iterable(map(_orders, decided)), width=11),
        columns(chain.from_iterable(map(_lines, decided)), width=7),
        columns(chain.from_iterable(map(_errors, decided)), width=7),
    )


def columns(rows: Iterable[Sequence[Any]], *, width: int) -> list[list[Any]]:
    """Rows to columns; `width` empty columns where there are no rows."""
    return [list(column) for column in zip(*rows, strict=True)] or [[] for _ in range(width)]


def _cart(decided: Decided, change: CartChange) -> Row:
    command = decided.command
    return (
        command.customer_id,
        command.cart_id,
        change.version,
        change.content.status,
        to_json(
            {
                "groups": change.group_numbers,
                "currencies": change.currencies,
                "addonGroups": change.addon_groups,
                "shownErrors": change.shown_errors,
            }
        ).decode(),
        change.content.to_json().decode(),
        change.created,
        command.received,
        change.expires,
        change.content_asked,
    )


def _outcome(decided: Decided) -> Row:
    command, event = decided.command, decided.event
    return (
        command.customer_id,
        command.message_id,
        command.cart_id,
        decided.cart_version,
        command.content_hash,
        command.asked,
        event.id,
        event.type,
        event.time,
        event.origin.source,
        event.origin.correlation_id,
        event.origin.traceparent,
        event.origin.tracestate,
        event.body,
    )


def _orders(decided: Decided) -> Iterator[Row]:
    command = decided.command
    for made in decided.orders:
        yield (
            command.customer_id,
            made.members["id"],
            command.cart_id,
            made.group,
            command.message_id,
            made.content_hash,
            made.members["billingCycle"],
            made.members["currencyCode"],
            made.members["status"],
            made.content.decode(),
            command.received,
        )


def _lines(decided: Decided) -> Iterator[Row]:
    for made in decided.orders:
        for line in made.members["lineItems"]:
            yield (
                decided.command.customer_id,
                decided.command.cart_id,
                made.members["id"],
                line["lineItemNumber"],
                line["offerId"],
                line["quantity"],
                line.get("termDuration"),
            )


def _errors(decided: Decided) -> Iterator[Row]:
    command = decided.command
    for error in decided.errors:
        yield (
            command.customer_id,
            command.message_id,
            error.order_group_id,
            command.cart_id,
            error.code,
            error.description,
            command.received,
        )
