"""Content hashes: of a command, and of what a group orders."""

import json
from collections.abc import Iterable
from hashlib import sha256

from pydantic import BaseModel

from contracts.cart import CartLineItem

_ORDERED = {
    "catalog_item_id",
    "quantity",
    "billing_cycle",
    "term_duration",
    "currency_code",
    "promotion_id",
    "custom_term_end_date",
    "renews_to",
    "provisioning_context",
}


def command_hash(command: BaseModel) -> bytes:
    """Hash of the parsed form in canonical JSON: neither spelling nor order of keys makes a difference."""
    return _hash(command.model_dump(exclude_none=True))


def group_hash(lines: Iterable[CartLineItem]) -> bytes:
    """Hash of the multiset of lines that a group orders, by what makes a difference to the order."""
    return _hash(sorted(_canonical(_ordered(line)) for line in lines))


def _ordered(line: CartLineItem) -> dict[str, object]:
    content = line.model_dump(include=_ORDERED, exclude_none=True, exclude_defaults=True)
    if line.participants:
        content["participants"] = sorted((each.key, each.value) for each in line.participants)
    if line.addon_items:
        content["addonItems"] = sorted(_canonical(_ordered(addon)) for addon in line.addon_items)
    return content


def _canonical(value: object) -> str:
    return json.dumps(value, sort_keys=True, separators=(",", ":"))


def _hash(value: object) -> bytes:
    return sha256(_canonical(value).encode()).digest()
