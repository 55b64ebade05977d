"""The command that replaces a cart's lines, and the event that shows the cart as it is then."""

from typing import ClassVar

from pydantic import ConfigDict

from contracts.cart import Cart, CartId
from contracts.model import TolerantModel
from contracts.scalars import Guid, Version


class UpdateCart(TolerantModel):
    """Command `cart.update`: replace the whole list of line items, or make the cart that is not there.

    `cart_id` wins over the id inside the cart. With neither it is a new cart, named by the worker.
    """

    model_config = ConfigDict(extra="ignore")

    customer_id: Guid
    cart_id: CartId = None
    cart: Cart
    cart_version: Version | None = None

    @property
    def named_cart_id(self) -> str | None:
        """The id of the cart, wherever the command names it."""
        return self.cart_id or self.cart.id


class CartUpdated(Cart):
    """Body of `cart.updated`: the cart, populated, with an error on each line that cannot be ordered."""

    unread: ClassVar[frozenset[str]] = frozenset()

    customer_id: str
    cart_id: str
    cart_version: int
