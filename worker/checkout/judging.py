"""The rules' word on a cart: each group that has no order yet, beside those that can be ordered."""

from collections.abc import Mapping
from datetime import datetime

from contracts.cart import Cart
from worker.checkout.bases import ordered_before
from worker.checkout.catalog import Catalog
from worker.checkout.context import Context
from worker.checkout.grouping import GroupedLines
from worker.checkout.rules import Judgement, judge, moved
from worker.checkout.situation import Situation


def judge_groups(
    cart: Cart,
    grouped: GroupedLines,
    situation: Situation,
    catalog: Catalog,
    *,
    asked: datetime,
    expired: str | None,
) -> Mapping[str, Judgement]:
    """The groups without an order that cannot have one. `expired` says since when, if the cart is.

    What fails is no base: the other groups are judged again without it, until no further one fails. Of a
    group that has its order, what was ordered is one, whatever is asked for.
    """
    before = ordered_before(situation)
    left = [group for group in grouped.groups if group.name not in situation.orders]
    failed = {group.name: moved(group) for group in left if group.name in grouped.moved}
    while True:
        left = [group for group in left if group.name not in failed]
        lines = [line for group in left for line in group.lines]
        context = Context.of(cart, lines, before=before, owned=situation.owned, catalog=catalog, asked=asked)
        judged = {group.name: judge(group, context, expired=expired) for group in left}
        fail = {name: judgement for name, judgement in judged.items() if judgement.error}
        failed |= fail
        if not fail or not context.addon_seats:
            return failed
