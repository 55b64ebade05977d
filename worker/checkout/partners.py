"""The partners that a line names, by their role."""

from typing import Final

from contracts.cart import CartLineItem

RESELLER: Final = "transaction_reseller"
ADDITIONAL_RESELLER: Final = "additional_transaction_reseller"
ROLES: Final = (RESELLER, ADDITIONAL_RESELLER, "consumption_reseller")
MOST_ADDITIONAL_RESELLERS: Final = 5


def any_named(line: CartLineItem) -> bool:
    """Whether there is anything to look for: most lines name none."""
    named = line.participants or line.partner_id_on_record or line.additional_partner_ids_on_record
    return bool(named)


def on_record(line: CartLineItem) -> list[str]:
    """The resellers that a line is sold through; one at most may be. The line's own member comes last."""
    if not line.participants and line.partner_id_on_record is None:
        return []
    found = _in_role(line, RESELLER)
    if line.partner_id_on_record is not None:
        found.append(line.partner_id_on_record)
    return list(dict.fromkeys(found))


def additional_on_record(line: CartLineItem) -> list[str]:
    """Further resellers, each once, in the order in which they are named."""
    if not line.participants and not line.additional_partner_ids_on_record:
        return []
    found = _in_role(line, ADDITIONAL_RESELLER)
    found += line.additional_partner_ids_on_record or ()
    return list(dict.fromkeys(found))


def _in_role(line: CartLineItem, role: str) -> list[str]:
    return [each.value for each in line.participants or () if each.key.casefold() == role]
