"""The cart as it will be, after a checkout or an update."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import chain
from typing import Final

from contracts.cart import Cart, CartError, CartLineItem
from contracts.scalars import parse_timestamp, timestamp
from contracts.update import UpdateCart
from worker.checkout.command import Command
from worker.checkout.decision import CartChange
from worker.checkout.grouping import GroupedLines
from worker.checkout.link import link
from worker.checkout.situation import Situation, StoredCart

CART_LIFETIME: Final = timedelta(days=7)
_LAST_CREATION: Final = datetime.max.replace(tzinfo=UTC) - CART_LIFETIME
ACTIVE: Final = "Active"
ORDERED: Final = "Ordered"


@dataclass(frozen=True, slots=True)
class Lifetime:
    """When the cart was created and when it expires, as moments and as the text that is echoed."""

    creation: str
    expiration: str
    created: datetime
    expires: datetime

    @classmethod
    def of(cls, cart: Cart, stored: StoredCart, now: datetime) -> "Lifetime":
        """What is stored beats what comes along; a cart that tells neither lives 7 days from now."""
        known = stored.content
        creation = (known and known.creation_timestamp) or cart.creation_timestamp
        created = parse_timestamp(creation) if creation else now
        expiration = (known and known.expiration_timestamp) or cart.expiration_timestamp
        expires = parse_timestamp(expiration) if expiration else min(created, _LAST_CREATION) + CART_LIFETIME
        return cls(creation or timestamp(created), expiration or timestamp(expires), created, expires)

    def expired(self, asked: datetime) -> str | None:
        """Since when the cart is expired, if it is for what was asked then."""
        return self.expiration if asked >= self.expires else None


def changed_cart(
    command: Command,
    cart: Cart,
    situation: Situation,
    grouped: GroupedLines,
    line_errors: Mapping[int | str, CartError],
    *,
    lifetime: Lifetime,
    ordered: Collection[str],
) -> CartChange:
    """The cart one version on, with these errors on its lines. `ordered`: the groups that have an order."""
    lines = _lines_after(grouped, situation, line_errors)
    content = cart.changed(
        id=command.cart_id,
        creation_timestamp=lifetime.creation,
        expiration_timestamp=lifetime.expiration,
        last_modified_timestamp=timestamp(command.received),
        last_modified_user=command.user,
        line_items=lines,
        status=_status(lines, ordered, grouped, situation.cart),
        links=_links(command),
        attributes={"objectType": "Cart"},
    )
    return CartChange(
        version=situation.cart.version + 1,
        content=content,
        group_numbers=grouped.numbers,
        currencies=grouped.currencies,
        addon_groups=grouped.addon_groups,
        created=lifetime.created,
        expires=lifetime.expires,
        content_asked=_content_asked(command, situation.cart),
        shown_errors=_shown_errors(command, situation.cart, line_errors),
    )


def _status(
    lines: Iterable[CartLineItem], ordered: Collection[str], grouped: GroupedLines, stored: StoredCart
) -> str:
    """Ordered, when every group has an order; where one was refused for an ordered line, as it was before.

    Such a group leaves no line behind, so the lines alone do not tell.
    """
    was_ordered = stored.content is not None and stored.content.status == ORDERED
    is_refused = not grouped.moved.keys() <= set(ordered)
    all_ordered = all(line.order_group in ordered for line in lines)
    return ORDERED if all_ordered and (was_ordered or not is_refused) else ACTIVE


def _links(command: Command) -> dict[str, object]:
    uri = f"/customers/{command.customer_id}/carts/{command.cart_id}"
    return {"self": link(uri)}


def _content_asked(command: Command, stored: StoredCart) -> datetime:
    if stored.content_asked is None:
        return command.asked
    return max(stored.content_asked, command.asked) if command.body.cart else stored.content_asked


def _shown_errors(
    command: Command, stored: StoredCart, errors: Mapping[int | str, CartError]
) -> Collection[int | str]:
    if isinstance(command.body, UpdateCart):
        return sorted(errors, key=str)
    return () if command.body.cart else stored.shown_errors


def _lines_after(
    grouped: GroupedLines, situation: Situation, errors: Mapping[int | str, CartError]
) -> list[CartLineItem]:
    """What was ordered stays as it was ordered, in the place of what was asked for, or at the end.

    A line that was to come into another group is there already: stored once more, under the new id that it
    has in this cart, the next checkout by reference would order it once more.
    """
    ordered = _ordered_lines(situation)
    if not ordered and not errors:
        return list(grouped.lines)
    lines: list[CartLineItem] = []
    for line in _without_moved(grouped):
        if line.order_group not in ordered:
            lines.append(_with_error(line, errors))
        else:
            lines += ordered[line.order_group]
            ordered[line.order_group] = []
    return lines + [line for group in ordered.values() for line in group]


def _ordered_lines(situation: Situation) -> dict[str | None, list[CartLineItem]]:
    found: dict[str | None, list[CartLineItem]] = {}
    if situation.orders and situation.cart.content:
        for line in situation.cart.content.line_items:
            if line.order_group in situation.orders:
                found.setdefault(line.order_group, []).append(line)
    return found


def _without_moved(grouped: GroupedLines) -> Iterator[CartLineItem]:
    moved = set(chain.from_iterable(grouped.moved.values()))
    for line in grouped.lines:
        if line.id in moved:
            continue
        addons = [addon for addon in line.addon_items or () if addon.id not in moved]
        yield line.changed(addon_items=addons or None) if moved and line.addon_items else line


def _with_error(line: CartLineItem, errors: Mapping[int | str, CartError]) -> CartLineItem:
    addons = [_with_error(addon, errors) for addon in line.addon_items or ()]
    return line.changed(
        error=errors.get(line.id) if line.id is not None else None,
        addon_items=addons or line.addon_items,
    )
