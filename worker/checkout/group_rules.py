"""The rules that only a group as a whole can break. Each says what is wrong; None: nothing is."""

from worker.checkout import partners
from worker.checkout.context import Context
from worker.checkout.grouping import Group


def partner_attestation_accepted(group: Group, context: Context) -> str | None:
    """Where the cart does not say, only what is sold through a partner and needs attestation asks for it.

    Carts with partners and without this member are among the published samples.
    """
    if context.partner_attestation:
        return None
    if context.partner_attestation is None and not _has_partner_to_attest(group, context):
        return None
    return "The partner on record has to attest: partnerOnRecordAttestationAccepted should be true"


def _has_partner_to_attest(group: Group, context: Context) -> bool:
    for line in group.all_lines:
        if partners.on_record(line):
            item = context.catalog.find(line.catalog_item_id)
            if item is not None and item.enforce_attestation:
                return True
    return False


def one_cycle_and_currency(group: Group, _: Context) -> str | None:
    """An order has one billing cycle and one currency."""
    first = group.lines[0]
    cycles, currencies = {first.billing_cycle}, {first.currency_code or ""}
    for line in group.all_lines[1:]:
        cycles.add(line.billing_cycle)
        currencies.add(line.currency_code or "")
    if len(cycles) == len(currencies) == 1:
        return None
    mixed = " and ".join(sorted(cycles if len(cycles) > 1 else currencies))
    return f"One order cannot hold {mixed}: split the group"
