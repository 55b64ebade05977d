"""The rules' word on a cart: each group that has no order yet, beside those that can be ordered."""

from collections.abc import Mapping
from datetime import datetime

from contracts.cart import Cart
from worker.checkout.bases import ordered_before
from worker.checkout.catalog import Catalog
from worker.checkout.content import group_hash
from worker.checkout.context import Context
from worker.checkout.grouping import Group, GroupedLines
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
    """Judge each group that has no order yet. `expired` says since when, if the cart is.

    What fails is no base: the other groups are judged again without it, until no further one fails. Of a
    group that was ordered with other content, what was ordered is one.
    """
    groups = grouped.groups
    new = [group for group in groups if group.name not in situation.orders]
    changed = {group.name for group in groups if _is_changed(group, situation)}
    before = ordered_before(situation, {group.name for group in groups} - changed)
    failed = {group.name: moved(group) for group in new if group.name in grouped.moved}
    while True:
        standing = [line for line in grouped.lines if line.order_group not in changed | failed.keys()]
        context = Context.of(
            cart, standing, before=before, owned=situation.owned, catalog=catalog, asked=asked
        )
        judged = {
            group.name: judge(group, context, expired=expired) for group in new if group.name not in failed
        }
        fail = {name: judgement for name, judgement in judged.items() if judgement.error}
        failed |= fail
        if not fail or not context.addon_seats:
            return judged | failed


def _is_changed(group: Group, situation: Situation) -> bool:
    """Whether it was ordered with other content."""
    existing = situation.orders.get(group.name)
    return existing is not None and existing.content_hash != group_hash(group.lines)
