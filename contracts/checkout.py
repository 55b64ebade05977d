"""The checkout command and the event that answers it."""

from typing import Self

from pydantic import ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from contracts.cart import Cart, CartId
from contracts.model import TolerantModel, WireModel
from contracts.order import Order
from contracts.scalars import Guid, Version


class CheckoutCart(TolerantModel):
    """Command `cart.checkout`: order the cart that comes along, or the stored one that `cartId` names.

    Members that it does not know are not echoed anywhere, and make no difference to what is asked.
    """

    model_config = ConfigDict(extra="ignore")

    customer_id: Guid
    cart_id: CartId = None
    cart: Cart | None = None
    cart_version: Version | None = None

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
    """A group that was not ordered. `code` is an `OrderErrorCode`; readers accept any number."""

    order_group_id: str
    code: int
    description: str
    attributes: dict[str, str] = Field(default_factory=lambda: {"objectType": "OrderError"})


class CartCheckoutResult(WireModel):
    """Body of `checkout.completed`, `.partial` and `.failed`.

    Every group of the cart has its order in `orders`, whenever it was made, or its reason in `order_errors`.
    """

    customer_id: str
    cart_id: str
    cart_version: int
    cart_status: str
    orders: list[Order]
    order_errors: list[OrderError]
    attributes: dict[str, str] = Field(default_factory=lambda: {"objectType": "CartCheckoutResult"})
