"""What a rule looks at beside the line itself."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Self

from contracts.cart import Cart, CartLineItem
from worker.checkout.catalog import Catalog
from worker.checkout.provisioning import parent_subscription


@dataclass(frozen=True, slots=True)
class Context:
    """The rest of the cart, as far as a line depends on it.

    `asked` is when the checkout was asked. `seats` has those of every item that can be a base, in this cart
    or owned. `addon_seats` has those asked for of every add-on, without lines that name the subscription they
    belong to: these take its seats. `partner_attestation` is what the cart says of the partner on record.
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
        owned: Mapping[str, int],
        catalog: Catalog,
        asked: datetime,
    ) -> Self:
        """Count what `lines` hold, add-ons included: those of groups that failed are left out by the caller.

        What is not bought neither is a base nor needs one.
        """
        seats, addon_seats = dict(owned), dict[str, int]()
        for base in lines:
            for line in base.with_add_ons():
                item_id = line.catalog_item_id
                seats[item_id] = seats.get(item_id, 0) + line.quantity
                item = catalog.find(item_id)
                if item is not None and item.is_addon and parent_subscription(line) is None:
                    addon_seats[item_id] = addon_seats.get(item_id, 0) + line.quantity
        return cls(catalog, asked, seats, addon_seats, cart.partner_on_record_attestation_accepted)
