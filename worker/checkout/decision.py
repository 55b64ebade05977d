"""What became of a command: the effects to commit, an earlier event to repeat, or a refusal."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from contracts.cart import Cart
from contracts.checkout import OrderError
from worker.checkout.command import Command
from worker.checkout.event import Event


@dataclass(frozen=True, slots=True)
class NewOrder:
    """An order to store: its members as the contract names them, and encoded, as stored and published."""

    group: str
    content_hash: bytes
    members: Mapping[str, Any]
    content: bytes


@dataclass(frozen=True, slots=True)
class CartChange:
    """The cart as it will be."""

    version: int
    content: Cart
    group_numbers: Mapping[str, str]
    currencies: Mapping[str, str]
    addon_groups: Mapping[str, str]
    created: datetime
    expires: datetime
    content_asked: datetime
    shown_errors: Collection[int | str]


@dataclass(frozen=True, slots=True)
class Decided:
    """Effects that belong together: all are committed or none. No cart change: the cart stays as it is."""

    command: Command
    event: Event
    cart_version: int
    orders: tuple[NewOrder, ...]
    errors: tuple[OrderError, ...]
    cart: CartChange | None


@dataclass(frozen=True, slots=True)
class Repeated:
    """The same request again: its stored event is published again."""

    command: Command
    event: Event


@dataclass(frozen=True, slots=True)
class Reused:
    """A message id that came before with other content: nothing is done."""

    command: Command


@dataclass(frozen=True, slots=True)
class Oversized:
    """A command whose answer would be too large to be sent: nothing is done."""

    command: Command
    answer_bytes: int


Decision = Decided | Repeated | Reused | Oversized
