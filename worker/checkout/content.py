"""Content hashes: of a command, and of what a group orders."""

import json
from collections.abc import Iterable
from hashlib import sha256
from typing import Final

from pydantic_core import from_json, to_json

from contracts.cart import CartLineItem
from contracts.checkout import CheckoutCart
from contracts.scalars import parse_timestamp
from contracts.update import UpdateCart

_UPDATE: Final = b"cart.update\n"


def command_hash(command: CheckoutCart | UpdateCart) -> bytes:
    """Hash of the parsed form in canonical JSON: neither spelling nor order of keys makes a difference.

    The same words are another content where they ask for an update.
    """
    parsed = from_json(command.to_json())
    canonical = json.dumps(parsed, sort_keys=True, separators=(",", ":")).encode()
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
        sorted((key.casefold(), value) for key, value in (line.provisioning_context or {}).items()),
        sorted(_partners(line)),
        sorted(line.additional_partner_ids_on_record or ()),
        sorted(to_json(_ordered(addon)).decode() for addon in line.addon_items or ()),
    ]


def _partners(line: CartLineItem) -> list[tuple[str, str]]:
    """A partner on record is the transaction reseller by another name."""
    named = [(each.key.casefold(), each.value) for each in line.participants or ()]
    own = ("transaction_reseller", line.partner_id_on_record or "")
    return [*named, own] if line.partner_id_on_record and own not in named else named
