"""Content hashes: of a command, and of what a group orders."""

from collections.abc import Iterable
from hashlib import sha256
from json import JSONEncoder
from typing import Final

from pydantic_core import to_json

from contracts.cart import CartLineItem
from contracts.checkout import CheckoutCart
from contracts.scalars import parse_timestamp
from contracts.update import UpdateCart
from worker.checkout import partners
from worker.checkout.provisioning import given

_UPDATE: Final = b"cart.update\n"
_canonical: Final = JSONEncoder(sort_keys=True, separators=(",", ":")).encode


def command_hash(command: CheckoutCart | UpdateCart) -> bytes:
    """Hash of the parsed form in canonical JSON: neither spelling nor order of keys makes a difference.

    The same words are another content where they ask for an update.
    """
    canonical = _canonical(command.model_dump(exclude_none=True)).encode()
    return sha256(_UPDATE + canonical if isinstance(command, UpdateCart) else canonical).digest()


def group_hash(lines: Iterable[CartLineItem]) -> bytes:
    """Hash of the multiset of lines that a group orders, by what makes a difference to the order.

    Names and line ids make none. Stored with each order: a change of this form would make every stored order
    look different from its cart.
    """
    return sha256(b"\n".join(sorted(to_json(_ordered(line)) for line in lines))).digest()


def _ordered(line: CartLineItem) -> list[object]:
    return [
        line.catalog_item_id,
        line.quantity,
        line.billing_cycle,
        line.term_duration,
        line.currency_code,
        line.promotion_id,
        parse_timestamp(line.custom_term_end_date).isoformat() if line.custom_term_end_date else None,
        line.renews_to.term_duration if line.renews_to else None,
        sorted(given(line).items()),
        sorted(_partners(line)),
        sorted(to_json(_ordered(addon)).decode() for addon in line.addon_items or ()),
    ]


def _partners(line: CartLineItem) -> set[tuple[str, str]]:
    """By role, however the line names them; naming one twice makes no difference."""
    if not partners.any_named(line):
        return set()
    return {
        *((each.key.casefold(), each.value) for each in line.participants or ()),
        *((partners.RESELLER, partner) for partner in partners.on_record(line)),
        *((partners.ADDITIONAL_RESELLER, partner) for partner in partners.additional_on_record(line)),
    }
