"""The rules that only a group as a whole can break. Each says what is wrong; None: nothing is."""

from contracts.cart import CartLineItem
from worker.checkout import partners
from worker.checkout.context import Context
from worker.checkout.grouping import Group


def partner_attestation_accepted(group: Group, context: Context) -> str | None:
    """What needs attestation and is sold through a partner asks for it. A plain no counts where either holds.

    Carts with partners and without this member are among the published samples, and clients that know it may
    say no of carts that it does not concern.
    """
    if context.partner_attestation:
        return None
    if not any(_is_asked_for(line, context) for line in group.all_lines):
        return None
    return "The partner on record has to attest: partnerOnRecordAttestationAccepted should be true"


def _is_asked_for(line: CartLineItem, context: Context) -> bool:
    """Why a partner may have to attest: one is on record; the item asks for attestation."""
    item = context.catalog.find(line.catalog_item_id)
    asks = item is not None and item.enforce_attestation
    if context.partner_attestation is None:
        return asks and bool(partners.on_record(line))
    return asks or bool(partners.on_record(line))


def one_cycle_and_currency(group: Group, _: Context) -> str | None:
    """An order has one billing cycle and one currency."""
    cycles = {line.billing_cycle for line in group.all_lines}
    currencies = {line.currency_code or "" for line in group.all_lines}
    if len(cycles) == len(currencies) == 1:
        return None
    mixed = " and ".join(sorted(cycles if len(cycles) > 1 else currencies))
    return f"One order cannot hold {mixed}: give these lines different order groups, or none"
