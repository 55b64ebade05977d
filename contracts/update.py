"""The command that replaces a cart's lines, and the event that shows the cart as it is then."""

from typing import ClassVar

from pydantic import ConfigDict

from contracts.cart import Cart, CartId
from contracts.checkout import OrderError
from contracts.model import TolerantModel
from contracts.scalars import CustomerId, LowerGuid, Version


class UpdateCart(TolerantModel):
    """Command `cart.update`: replace the whole list of line items, or make the cart that is not there.

    `cartId` wins over the id inside the cart. With neither it is a new cart, named by the worker.
    """

    model_config = ConfigDict(extra="ignore")

    customer_id: CustomerId
    """Whose cart it is, in any case of letters."""

    cart_id: CartId = None
    """The cart to update, or to make under this id. Absent: `cart.id`, else an id that the worker gives."""

    cart: Cart
    """The cart as it shall be: its whole list of line items."""

    cart_version: Version | None = None
    """The version of the cart that the producer knows; 0: only if the cart is not there.

    If the cart has another one, nothing is done.
    """

    @property
    def named_cart_id(self) -> str | None:
        """The id of the cart, wherever the command names it."""
        return self.cart_id or self.cart.id


class CartUpdated(Cart):
    """Body of `cart.updated`: the cart, populated, with an error on each line that cannot be ordered."""

    unread: ClassVar[frozenset[str]] = frozenset()

    customer_id: LowerGuid
    cart_id: LowerGuid
    cart_version: Version
    """Counted up by each applied update or checkout; a lower one than seen before is older news."""

    order_errors: list[OrderError] | None = None
    """What a checkout would tell of each group that cannot be ordered as it is. Absent: all can be."""
