"""Carts, checkouts and orders: what a batch loads and commits."""

import sys
from collections.abc import AsyncIterator, Collection, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from enum import StrEnum
from itertools import chain
from typing import Any, NamedTuple

import asyncpg
from pydantic_core import from_json

from contracts.cart import Cart
from contracts.model import AS_STORED
from contracts.order import Order
from contracts.wire import EventType
from worker.checkout.bases import bases_asked_for, seats_asked_for
from worker.checkout.catalog import Catalog
from worker.checkout.command import Command, Origin
from worker.checkout.decision import Decided
from worker.checkout.event import Event
from worker.checkout.situation import Earlier, ExistingOrder, Situation, StoredCart
from worker.postgres import commit_rows
from worker.postgres.pool import Connection, Pool, acquired
from worker.postgres.statements import statement


class Publication(StrEnum):
    """What became of a stored event; a returned one is as final as a published one."""

    PUBLISHED = "published"
    RETURNED = "returned"


class Mark(NamedTuple):
    """An event's publication, to be noted on its row."""

    customer_id: str
    message_id: str
    publication: Publication


class Checkouts:
    """The store of the message path."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    @asynccontextmanager
    async def batch(self) -> AsyncIterator["BatchStore"]:
        """What a batch loads and commits with, on one connection; nothing is locked between.

        Raises:
            TransactionConflict, DataRejected: nothing was applied.
            DatabaseUnavailable: if it came from the commit, it may have been applied.
        """
        async with acquired(self._pool) as connection:
            yield BatchStore(connection)

    @asynccontextmanager
    async def holding(self, carts: Iterable[tuple[str, str]]) -> AsyncIterator["BatchStore"]:
        """The same in one transaction that holds these carts: nobody overtakes it, however busy they are.

        Raises: as `batch` does; what was written is durable when the block has ended.
        """
        async with acquired(self._pool) as connection, connection.transaction():
            await connection.execute(statement("hold"), *commit_rows.columns(carts, width=2))
            yield BatchStore(connection)

    async def held(self, carts: Collection[tuple[str, str]]) -> set[tuple[str, str]]:
        """Those of these carts that another transaction holds right now.

        Raises: LockNotGranted: somebody holds the whole table.
        """
        async with acquired(self._pool) as connection, connection.transaction():
            await connection.execute(statement("hardly_wait"))
            rows = await connection.fetch(statement("held"), *commit_rows.columns(carts, width=2))
        return {(str(row["customer_id"]), str(row["cart_id"])) for row in rows}


class BatchStore:
    """What a batch does to the database: one statement reads, one writes."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def load(self, commands: Sequence[Command], catalog: Catalog) -> list[Situation]:
        """Read the situation of each command."""
        rows = await self._load(commands)
        situations = [_situation(command, row) for command, row in zip(commands, rows, strict=True)]
        wanted = [
            (*command.cart_key, base, seats_asked_for(command, situation))
            for command, situation in zip(commands, situations, strict=True)
            for base in bases_asked_for(command, situation, catalog)
        ]
        return await self._with_owned(commands, situations, wanted) if wanted else situations

    async def _with_owned(
        self,
        commands: Sequence[Command],
        situations: Sequence[Situation],
        wanted: Sequence[tuple[str | int, ...]],
    ) -> list[Situation]:
        """Add what customers own of the bases that add-ons ask for; most batches have none.

        Where it is more than enough, not all of it is counted.
        """
        rows = await self._connection.fetch(statement("owned"), *commit_rows.columns(wanted, width=4))
        owned: dict[tuple[str, str], dict[str, int]] = {}
        for row in rows:
            key = str(row["customer_id"]), str(row["cart_id"])
            owned.setdefault(key, {})[row["catalog_item_id"]] = int(row["seats"])
        return [
            replace(situation, owned=owned.get(command.cart_key, {}))
            for command, situation in zip(commands, situations, strict=True)
        ]

    async def _load(self, commands: Sequence[Command]) -> list[asyncpg.Record]:
        keys = ((command.customer_id, command.cart_id, command.message_id) for command in commands)
        return await self._connection.fetch(statement("load"), *commit_rows.columns(keys, width=3))

    async def commit(
        self, decided: Sequence[Decided], *, marks: Iterable[Mark] = (), replays: Collection[Command] = ()
    ) -> set[tuple[str, str]]:
        """Write the effects, and resolve the dead letters whose replays were answered.

        At most one command a cart and one an identity, or the batch would be in its own way.

        Returns:
            The keys of carts that others changed since they were loaded: nothing is written of these.
        """
        if not replays:
            return await self._write(decided, marks)
        async with self._connection.transaction():
            overtaken = await self._write(decided, marks)
            await self._resolve_replays([each for each in replays if each.cart_key not in overtaken])
        return overtaken

    async def _write(self, decided: Sequence[Decided], marks: Iterable[Mark]) -> set[tuple[str, str]]:
        changing = [each.command.cart_key for each in decided if each.cart]
        arrays = chain(commit_rows.effects(decided), commit_rows.columns(marks, width=3))
        rows = await self._connection.fetch(statement("commit"), *arrays)
        return {changing[row["position"] - 1] for row in rows}

    async def _resolve_replays(self, commands: Sequence[Command]) -> None:
        """A token that is not expected changes nothing."""
        rows = ((each.replay_token, each.customer_id, each.message_id) for each in commands)
        await self._connection.execute(statement("settle_replays"), *commit_rows.columns(rows, width=3))


def _situation(command: Command, row: asyncpg.Record) -> Situation:
    return Situation(
        cart=_stored_cart(row),
        orders=_existing_orders(row) if row["groups"] else {},
        earlier=_earlier(command, row) if row["event_id"] else None,
    )


def _stored_cart(row: asyncpg.Record) -> StoredCart:
    if row["content"] is None:
        return StoredCart()
    context = {"max_line_items": sys.maxsize, AS_STORED: True}
    content = Cart.model_validate(from_json(row["content"]), context=context)
    assigned = from_json(row["assigned"])
    return StoredCart(
        version=row["version"],
        content=content,
        group_numbers=assigned["groups"],
        currencies=assigned["currencies"],
        addon_groups=assigned.get("addonGroups", {}),
        content_asked=row["content_asked_at"],
        shown_errors=assigned.get("shownErrors", ()),
    )


def _existing_orders(row: asyncpg.Record) -> dict[str, ExistingOrder]:
    stored = zip(row["groups"], row["hashes"], row["orders"], strict=True)
    return {
        group: ExistingOrder(content_hash, Order.model_validate_json(content))
        for group, content_hash, content in stored
    }


def _earlier(command: Command, row: asyncpg.Record) -> Earlier:
    return Earlier(row["content_hash"], stored_event(command.customer_id, command.cart_id, row))


def stored_event(customer_id: Any, cart_id: Any, row: asyncpg.Record) -> Event:
    """The event of a checkouts row, as it was first made."""
    return Event(
        id=str(row["event_id"]),
        type=EventType(row["event_type"]),
        body=row["body"],
        subject=f"{customer_id}/{cart_id}",
        time=row["event_time"],
        origin=Origin(row["source"], row["correlation_id"], row["traceparent"], row["tracestate"]),
    )
