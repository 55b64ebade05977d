"""All rules of a checkout, in the order in which the first failing one names the group's code.

A new rule is one function and one row of RULES. Codes stand there as the numbers that the wire has, and the
documentation made from this table; `contracts.codes` has their names.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import Final

from contracts.cart import CartError, CartLineItem
from contracts.checkout import OrderError
from worker.checkout import group_rules, line_rules
from worker.checkout.catalog import CatalogItem
from worker.checkout.context import Context
from worker.checkout.grouping import Group

_LONGEST_DESCRIPTION: Final = 1024


@dataclass(frozen=True, slots=True)
class LineRule:
    """What a line can break. `check` says what is wrong, if anything is.

    The line gets `line_code`, its group `group_code`. No line code: the line keeps the error that it has.
    """

    what: str
    check: Callable[[CartLineItem, CatalogItem | None, Context], str | None]
    line_code: int | None
    group_code: int


@dataclass(frozen=True, slots=True)
class GroupRule:
    """What a group as a whole can break: none of its lines is to blame."""

    what: str
    check: Callable[[Group, Context], str | None]
    group_code: int


@dataclass(frozen=True, slots=True)
class Outcome:
    """A reason not to order that is found outside the rules."""

    what: str
    group_code: int


RULES: Final = (
    LineRule("item unknown", line_rules.item_known, 10001, 400019),
    LineRule("item not on sale", line_rules.item_on_sale, 10001, 800020),
    LineRule("quantity out of range", line_rules.quantity_in_range, 10010, 800017),
    LineRule("billing cycle not offered", line_rules.billing_cycle_offered, 10013, 900269),
    LineRule("billing cycle longer than the term", line_rules.cycle_within_term, 10010, 900270),
    LineRule("term not offered", line_rules.term_offered, 10010, 800121),
    LineRule("renewal term not offered", line_rules.renewal_term_valid, 10010, 800121),
    LineRule("currency not offered", line_rules.currency_offered, 10000, 900169),
    LineRule("attestation missing", line_rules.attestation_accepted, 10012, 900203),
    GroupRule("partner's attestation missing", group_rules.partner_attestation_accepted, 900206),
    LineRule("promotion unknown", line_rules.promotion_known, 10014, 27007),
    LineRule("participants: role or number", line_rules.participants_allowed, 10004, 800016),
    LineRule("provisioning value not offered", line_rules.provisioning_values_offered, 10010, 900312),
    LineRule("provisioning variable missing", line_rules.provisioning_complete, 10010, 900317),
    LineRule("custom term end date", line_rules.custom_term_end_date_allowed, 10017, 900242),
    LineRule("add-on without its base", line_rules.base_present, 400041, 800009),
    LineRule("seats of the base too few", line_rules.base_seats_enough, 10018, 800009),
    GroupRule("group mixes billing cycles or currencies", group_rules.one_cycle_and_currency, 800085),
    LineRule("stored line in error", line_rules.free_of_earlier_errors, None, 800009),
)

EXPIRED: Final = Outcome("cart expired", 800008)
NO_SUCH_CART: Final = Outcome("no such cart", 800008)
OTHER_VERSION: Final = Outcome("cart has another version", 800036)
OTHER_CONTENT: Final = Outcome("group ordered before with other content", 800065)
NOT_CREATED: Final = Outcome("order could not be created (reserved: not told so far)", 800005)
OUTCOMES: Final = (EXPIRED, NO_SUCH_CART, OTHER_VERSION, OTHER_CONTENT, NOT_CREATED)
"""What stands before every rule: of the whole cart, or of a group that has its order."""

_LINE_RULES: Final = tuple((at, rule) for at, rule in enumerate(RULES) if isinstance(rule, LineRule))
_GROUP_RULES: Final = tuple((at, rule) for at, rule in enumerate(RULES) if isinstance(rule, GroupRule))


@dataclass(frozen=True, slots=True)
class Judgement:
    """The rules' word on a group: its error, if it has one, and the error of each bad line by line id."""

    error: OrderError | None
    line_errors: Mapping[int | str, CartError]


@dataclass(frozen=True, slots=True)
class _Failure:
    """The first rule that a line breaks, where that stands among all rules, and what it says."""

    at: int
    rule: LineRule
    line: CartLineItem
    why: str


def judge(group: Group, context: Context, *, expired: str | None) -> Judgement:
    """Apply every rule to a group that has no order. `expired` says since when, if the cart is.

    Every bad line gets its own first failing rule; the group gets the one that stands first of all.
    """
    failures = [found for line in group.all_lines if (found := _first_failure(line, context))]
    line_errors = {each.line.id or 0: _line_error(each) for each in failures}
    return Judgement(_group_error(group, context, failures, expired), line_errors)


def ordered_with_other_content(group: Group) -> OrderError:
    return _error(
        group,
        OTHER_CONTENT,
        "This group was ordered before with other content; put new lines into a new group or cart",
    )


def moved(group: Group) -> Judgement:
    """The word on a group with a line that was ordered in another group."""
    why = "A line of this group was ordered in another group; give new lines ids of their own"
    return Judgement(_error(group, OTHER_CONTENT, why), {})


def _first_failure(line: CartLineItem, context: Context) -> _Failure | None:
    item = context.catalog.find(line.catalog_item_id)
    for at, rule in _LINE_RULES:
        if why := rule.check(line, item, context):
            return _Failure(at, rule, line, why)
    return None


def _line_error(failure: _Failure) -> CartError:
    code = failure.rule.line_code
    kept = failure.line.error if code is None else None
    return kept or CartError(error_code=code or 0, error_description=failure.why[:_LONGEST_DESCRIPTION])


def _group_error(
    group: Group, context: Context, failures: Sequence[_Failure], expired: str | None
) -> OrderError | None:
    if expired:
        return _error(group, EXPIRED, f"The cart expired at {expired}; make a new one")
    first = min(failures, key=attrgetter("at"), default=None)
    for at, rule in _GROUP_RULES:
        if first is not None and first.at < at:
            break
        if why := rule.check(group, context):
            return _error(group, rule, why)
    return _error(group, first.rule, _told(first, len(failures) - 1)) if first is not None else None


def _told(first: _Failure, others: int) -> str:
    """Which line breaks the rule that the group is told of, how, and how many other lines fail."""
    more = f" (and {others} more line{'s' if others > 1 else ''})" if others else ""
    return f"Line {first.line.id}: {first.why}"[: _LONGEST_DESCRIPTION - len(more)] + more


def _error(group: Group, reason: LineRule | GroupRule | Outcome, why: str) -> OrderError:
    return OrderError(
        order_group_id=group.name, code=reason.group_code, description=why[:_LONGEST_DESCRIPTION]
    )
