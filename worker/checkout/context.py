"""What a rule looks at beside the line itself."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import chain
from typing import Self

from contracts.cart import Cart, CartLineItem
from contracts.order import OrderLineItem
from worker.checkout.catalog import Catalog
from worker.checkout.provisioning import parent_subscription


@dataclass(frozen=True, slots=True)
class Context:
    """The rest of the cart, as far as a line depends on it.

    `asked` is when the checkout was asked. `seats` has those of every item that can be a base, in this cart
    or owned. `addon_seats` has those of every add-on that this cart asks for or ordered before, without lines
    that name the subscription they belong to: these take its seats. `partner_attestation` is what the cart
    says of the partner on record.
    """

    catalog: Catalog
    asked: datetime
    seats: Mapping[str, int]
    addon_seats: Mapping[str, int]
    partner_attestation: bool | None

    @classmethod
    def of(
        cls,
        cart: Cart,
        lines: Iterable[CartLineItem],
        *,
        before: Iterable[OrderLineItem] = (),
        owned: Mapping[str, int],
        catalog: Catalog,
        asked: datetime,
    ) -> Self:
        """Count what `lines` hold, add-ons included: those of groups that failed are left out by the caller.

        What is not bought neither is a base nor needs one. `before` is what this cart ordered beside them.
        """
        seats, addon_seats = dict(owned), dict[str, int]()
        for item_id, quantity, parent in chain(map(_ordered, before), _asked_for(lines)):
            seats[item_id] = seats.get(item_id, 0) + quantity
            item = catalog.find(item_id)
            if item is not None and item.is_addon and parent is None:
                addon_seats[item_id] = addon_seats.get(item_id, 0) + quantity
        return cls(catalog, asked, seats, addon_seats, cart.partner_on_record_attestation_accepted)


def _ordered(line: OrderLineItem) -> tuple[str, int, str | None]:
    return line.offer_id, line.quantity, line.parent_subscription_id


def _asked_for(lines: Iterable[CartLineItem]) -> Iterator[tuple[str, int, str | None]]:
    for base in lines:
        for line in base.with_add_ons():
            yield line.catalog_item_id, line.quantity, parent_subscription(line)
