"""The rules that one line alone can break. Each says what is wrong and what would be right; None: nothing is.

`item` is None where the catalog does not know it.
"""

import re
from collections.abc import Sequence
from typing import Final

from contracts.cart import CartLineItem
from contracts.scalars import parse_timestamp
from worker.checkout import partners
from worker.checkout.catalog import CatalogItem, ProvisioningVariable
from worker.checkout.context import Context
from worker.checkout.provisioning import SCOPE, SUBSCRIPTIONS, given, parent_subscription
from worker.checkout.terms import CYCLE_MONTHS, RENEWAL_TERMS, is_month_end, months_after, term_months

_GUID: Final = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_A_GUID: Final = "0a1b2c3d-0000-4000-8000-0123456789ab"
_PARENT: Final = "parentSubscriptionId in provisioningContext"
_MOST_TOLD: Final = 12


def item_known(line: CartLineItem, item: CatalogItem | None, context: Context) -> str | None:
    if item is None and not context.catalog.is_open:
        return f"{line.catalog_item_id} is not in the catalog"
    return None


def item_on_sale(line: CartLineItem, item: CatalogItem | None, _: Context) -> str | None:
    return None if item is None or item.on_sale else f"{line.catalog_item_id} is not on sale"


def quantity_in_range(line: CartLineItem, item: CatalogItem | None, _: Context) -> str | None:
    if item is None or item.minimum_quantity <= line.quantity <= item.maximum_quantity:
        return None
    limits = f"{item.minimum_quantity} to {item.maximum_quantity}"
    return f"{line.catalog_item_id} is sold in quantities of {limits}, not {line.quantity}"


def billing_cycle_offered(line: CartLineItem, item: CatalogItem | None, _: Context) -> str | None:
    offered = item.billing_cycles if item else tuple(CYCLE_MONTHS)
    if line.billing_cycle in offered and line.billing_cycle in CYCLE_MONTHS:
        return None
    return f"{line.catalog_item_id} is billed {_listed(offered)}, not {line.billing_cycle}"


def cycle_within_term(line: CartLineItem, _item: CatalogItem | None, _: Context) -> str | None:
    months = term_months(line.term_duration)
    if months is None or CYCLE_MONTHS.get(line.billing_cycle, 0) <= months:
        return None
    return f"Billing {line.billing_cycle} is longer than the term {line.term_duration}"


def term_offered(line: CartLineItem, item: CatalogItem | None, _: Context) -> str | None:
    term = line.term_duration
    if term is not None and term_months(term) is None:
        return f"{term} is not a term like P1M or P1Y"
    if item is None or (term in item.terms if term else not item.terms or "" in item.terms):
        return None
    return f"{line.catalog_item_id} has the terms {_listed(item.terms)}, not {term or 'none'}"


def renewal_term_valid(line: CartLineItem, _item: CatalogItem | None, _: Context) -> str | None:
    term = line.renews_to.term_duration if line.renews_to else None
    if term is None or term in RENEWAL_TERMS:
        return None
    return f"A line renews to {_listed(RENEWAL_TERMS)}, not {term}"


def currency_offered(line: CartLineItem, item: CatalogItem | None, _: Context) -> str | None:
    if item is None or line.currency_code in item.currencies:
        return None
    costs = f"{line.catalog_item_id} costs {_listed(item.currencies)}"
    return f"{costs}, not {line.currency_code}" if line.currency_code else f"{costs}: name the currency"


def attestation_accepted(line: CartLineItem, item: CatalogItem | None, _: Context) -> str | None:
    if item is None or not item.enforce_attestation or line.attestation_accepted:
        return None
    return f"{line.catalog_item_id} needs the customer's attestation: attestationAccepted should be true"


def promotion_known(line: CartLineItem, item: CatalogItem | None, _: Context) -> str | None:
    if line.promotion_id is None or item is None or line.promotion_id in item.promotions:
        return None
    return f"{line.catalog_item_id} has the promotions {_listed(item.promotions)}, not {line.promotion_id}"


def participants_allowed(line: CartLineItem, _item: CatalogItem | None, _: Context) -> str | None:
    """A role that nobody knows, two resellers where one is allowed, or too many additional ones."""
    if not (line.participants or line.additional_partner_ids_on_record):
        return None
    roles = (each.key for each in line.participants or ())
    if (unknown := next((role for role in roles if role.casefold() not in partners.ROLES), None)) is not None:
        return f"A participant is one of {_listed(partners.ROLES)}, not {unknown}"
    if len(partners.on_record(line)) > 1:
        return "A line is sold through one transaction_reseller: name one, and others as additional ones"
    additional, most = len(partners.additional_on_record(line)), partners.MOST_ADDITIONAL_RESELLERS
    if additional > most:
        return f"A line has {most} additional resellers at most, not {additional}"
    return None


def provisioning_values_offered(line: CartLineItem, item: CatalogItem | None, _: Context) -> str | None:
    values = given(line)
    if not values:
        return None
    for variable in _with_listed_values(item):
        value = values.get(variable.key.casefold())
        if value is not None and value.casefold() not in map(str.casefold, variable.values):
            return f"{variable.key} in provisioningContext should be one of {_listed(variable.values)}"
    return None


def _with_listed_values(item: CatalogItem | None) -> Sequence[ProvisioningVariable]:
    listed = [each for each in item.provisioning_variables if each.values] if item else []
    has_scope = any(each.key.casefold() == SCOPE.key for each in listed)
    return listed if has_scope else [*listed, SCOPE]


def provisioning_complete(line: CartLineItem, item: CatalogItem | None, _: Context) -> str | None:
    """Every required variable has a value, and what names a subscription is a GUID."""
    variables = item.provisioning_variables if item else ()
    if not (line.provisioning_context or variables):
        return None
    values = given(line)
    missing = [each.key for each in variables if each.required and each.key.casefold() not in values]
    if missing:
        return f"{line.catalog_item_id} needs in provisioningContext: {_listed(missing)}"
    for key in SUBSCRIPTIONS:
        if not _GUID.fullmatch(values.get(key.casefold(), _A_GUID)):
            return f"{key} in provisioningContext should be a GUID like {_A_GUID}"
    return None


def custom_term_end_date_allowed(
    line: CartLineItem, _item: CatalogItem | None, context: Context
) -> str | None:
    """A month's end within the first term, for lines that have a term and are no trial.

    The end of another subscription would do as well, but subscriptions are not known here.
    """
    if line.custom_term_end_date is None:
        return None
    months = term_months(line.term_duration)
    if months is None or _is_trial(line):
        return "A line without a term, or of a trial, has no customTermEndDate: leave it out"
    end, last = parse_timestamp(line.custom_term_end_date), months_after(context.asked, months)
    if context.asked < end and end.date() <= last.date() and is_month_end(end):
        return None
    within = f"after {context.asked.date()} and until {last.date()}"
    return f"customTermEndDate should be the last day of a month, {within} in UTC"


def _is_trial(line: CartLineItem) -> bool:
    return line.billing_cycle == "none" or bool(line.renews_to and line.renews_to.term_duration)


def base_present(line: CartLineItem, item: CatalogItem | None, context: Context) -> str | None:
    if item is None or not _needs_base(line, item):
        return None
    if any(base in context.seats for base in item.prerequisites):
        return None
    bases = _listed(item.prerequisites)
    return f"{line.catalog_item_id} is an add-on: buy it with or after one of {bases}, or name {_PARENT}"


def base_seats_enough(line: CartLineItem, item: CatalogItem | None, context: Context) -> str | None:
    if item is None or not _needs_base(line, item):
        return None
    seats = sum(context.seats.get(base, 0) for base in {*item.prerequisites})
    asked_for = context.addon_seats.get(line.catalog_item_id, line.quantity)
    if seats >= asked_for:
        return None
    return f"{line.catalog_item_id} is an add-on to {seats} seats of its bases: {asked_for} are too many"


def _needs_base(line: CartLineItem, item: CatalogItem) -> bool:
    """An existing subscription that a line names is a base that cannot be looked up here."""
    return item.is_addon and bool(item.prerequisites) and parent_subscription(line) is None


def free_of_earlier_errors(line: CartLineItem, _item: CatalogItem | None, _: Context) -> str | None:
    if line.error is None:
        return None
    return f"The stored line of {line.catalog_item_id} is in error {line.error.error_code}: update the cart"


def _listed(values: Sequence[str]) -> str:
    told = ", ".join(value or "none" for value in values[:_MOST_TOLD]) or "none"
    more = len(values) - _MOST_TOLD
    return f"{told} and {more} more" if more > 0 else told
