"""What a line's provisioning context says. Its keys match without regard to case; empty values are absent."""

from collections.abc import Mapping
from typing import Final

from contracts.cart import CartLineItem
from worker.checkout.catalog import ProvisioningVariable

PARENT_SUBSCRIPTION: Final = "parentSubscriptionId"
SUBSCRIPTIONS: Final = ("subscriptionId", "entitlementId", PARENT_SUBSCRIPTION)
"""Keys that name a subscription, by its GUID."""

SCOPE: Final = ProvisioningVariable("scope", values=("single", "shared"))
"""The scopes that are documented, for items whose own are not listed."""

_NOTHING: Final[Mapping[str, str]] = {}


def given(line: CartLineItem) -> Mapping[str, str]:
    """The values that a line gives, by key in folded case."""
    if not line.provisioning_context:
        return _NOTHING
    return {key.casefold(): value for key, value in line.provisioning_context.items() if value}


def parent_subscription(line: CartLineItem) -> str | None:
    """The subscription that an add-on is bought for, where it names one."""
    return given(line).get(PARENT_SUBSCRIPTION.casefold()) if line.provisioning_context else None
