"""The checkout command and the event that answers it."""

from collections.abc import Iterable
from typing import Final, Self

from pydantic import ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from contracts.cart import Cart, CartId
from contracts.model import TolerantModel, WireModel
from contracts.order import Order
from contracts.scalars import CustomerId, LowerGuid, Version

_NO_ORDERS: Final = b'"orders":[]'


class CheckoutCart(TolerantModel):
    """Command `cart.checkout`: order the cart that comes along, or the stored one that `cartId` names.

    Members that it does not know are not echoed anywhere, and make no difference to what is asked.
    """

    model_config = ConfigDict(extra="ignore")

    customer_id: CustomerId
    """Whose cart it is, in any case of letters."""

    cart_id: CartId = None
    """The cart; needed where `cart` is absent, and the same as `cart.id` where that is given."""

    cart: Cart | None = None
    """The cart itself, with its `id`. Absent: the stored one is checked out."""

    cart_version: Version | None = None
    """The version of the cart that the producer knows; 0: only if the cart is not there.

    If the cart has another one, nothing is done.
    """

    @model_validator(mode="after")
    def _names_one_cart(self) -> Self:
        inline = self.cart.id if self.cart else None
        if self.cart_id is None and inline is None:
            raise PydanticCustomError("missing", "Give cart with an id, or cartId")
        if self.cart_id and inline and self.cart_id != inline:
            raise PydanticCustomError("disagreement", "cartId and cart.id should be the same")
        return self

    @property
    def named_cart_id(self) -> str | None:
        """The id of the cart, wherever the command names it."""
        return self.cart_id or (self.cart.id if self.cart else None)


class OrderError(WireModel):
    """A group that was not ordered."""

    order_group_id: str
    """The group; empty where the error is about the whole cart."""

    code: int
    """An `OrderErrorCode`; new ones may come."""

    description: str
    """What is wrong, for people. Its wording may change."""

    attributes: dict[str, str] = Field(default_factory=lambda: {"objectType": "OrderError"})


class CartCheckoutResult(WireModel):
    """Body of `checkout.completed`, `checkout.partial` and `checkout.failed`.

    Every group that this checkout asked for has its order in `orders`, whenever it was made, or its reason
    in `orderErrors`. completed: `orderErrors` is empty. failed: `orders` is empty. partial: neither is.

    A cart sent along may name fewer groups than the stored cart: groups ordered before stay ordered and are
    not repeated here. Add orders by `id`; never delete what a later result does not name.
    """

    customer_id: LowerGuid
    cart_id: LowerGuid
    cart_version: Version
    """Counted up by each applied update or checkout; a lower one than seen before is older news."""

    cart_status: str
    """Active until every group has an order, then Ordered. New ones may come."""

    orders: list[Order]
    order_errors: list[OrderError]
    attributes: dict[str, str] = Field(default_factory=lambda: {"objectType": "CartCheckoutResult"})

    def to_json_with(self, orders: Iterable[bytes]) -> bytes:
        """`to_json` of this result with these orders, each encoded before; it has none of its own."""
        # Only ids, a number and the status stand before the orders: this is their place and no text.
        before, after = self.to_json().split(_NO_ORDERS, 1)
        return b"".join((before, b'"orders":[', b",".join(orders), b"]", after))
