"""What is stored about a command's cart when the command is decided."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from contracts.cart import Cart
from contracts.order import Order
from worker.checkout.event import Event


@dataclass(frozen=True, slots=True)
class StoredCart:
    """A cart as stored; version 0 and no content: there is none yet.

    `group_numbers` are the numbers given to (billing cycle, currency) pairs, `currencies` those filled in for
    (item, billing cycle) pairs: both stay for the cart's life. `addon_groups` are the groups of add-ons that
    named none, for (item, billing cycle, currency): what is ordered there stays. `content_asked` is when the
    command was asked whose lines these are. `shown_errors` are ids of lines that the last update showed to be
    in error: only another update puts them right.
    """

    version: int = 0
    content: Cart | None = None
    group_numbers: Mapping[str, str] = field(default_factory=dict)
    currencies: Mapping[str, str] = field(default_factory=dict)
    addon_groups: Mapping[str, str] = field(default_factory=dict)
    content_asked: datetime | None = None
    shown_errors: Collection[int | str] = ()


@dataclass(frozen=True, slots=True)
class ExistingOrder:
    """An order that the cart's group already has, and the hash of what was ordered."""

    content_hash: bytes
    order: Order


@dataclass(frozen=True, slots=True)
class Earlier:
    """What the same identity led to before."""

    content_hash: bytes
    event: Event


@dataclass(frozen=True, slots=True)
class Situation:
    """`owned`: seats that orders of other carts brought, of items that add-ons of this cart build on.

    Where these are more than enough for them, some may be left out.
    """

    cart: StoredCart = StoredCart()
    orders: Mapping[str, ExistingOrder] = field(default_factory=dict)
    earlier: Earlier | None = None
    owned: Mapping[str, int] = field(default_factory=dict)
