"""Hypothesis strategies: what is asked of one cart over its life."""

from collections.abc import Mapping
from typing import Any, Final

from hypothesis import strategies as st

from tests.builders import CART, a_line
from tests.strategies import ITEMS

# One thing is changed at a time, most often nothing: most of what is sent can be ordered.
_CHANGES: Final[tuple[Mapping[str, Any], ...]] = (
    *({},) * 4,
    {"quantity": 2},
    {"quantity": 1001},
    {"billingCycle": "annual"},
    {"currencyCode": None},
)
_KNOWN_GROUPS: Final = (None, "g", "g", "h", "h")


@st.composite
def _known_lines(draw: st.DrawFn, line_id: int | None, group: str | None) -> dict[str, Any]:
    """A line that a producer knows by its id: the id tells the item, all else may change."""
    known = {} if line_id is None else {"id": line_id, "tag": f"line {line_id}"}
    usual = a_line(catalogItemId=ITEMS[(line_id or 0) % 2], orderGroup=group)
    return {**usual, **known, **draw(st.sampled_from(_CHANGES))}


@st.composite
def known_carts(draw: st.DrawFn, *, numbered: bool) -> dict[str, Any]:
    """One of the carts that a producer sends of one cart over its life: the same few lines again and again.

    Numbered: every line has an id, and the same in its `tag`, which is echoed and never changed.
    """
    ids = draw(st.permutations(range(3)))
    groups = draw(st.lists(st.sampled_from(_KNOWN_GROUPS), min_size=1, max_size=2))
    known = [
        draw(_known_lines(line_id if numbered else None, group))
        for line_id, group in zip(ids, groups, strict=False)
    ]
    if draw(st.integers(0, 3)) == 0:
        known[0]["addonItems"] = [draw(_known_lines(ids[2] if numbered else None, None))]
    return {"id": CART, "lineItems": known}


@st.composite
def lives(draw: st.DrawFn) -> list[dict[str, Any]]:
    """What is asked of one cart over its life, step by step.

    `hours` after the step before, a message arrives that was asked `hours_late` before. Some come again, some
    have the id of another. An edit is an update with the cart as it is stored, its first line changed to what
    the first one of `cart` is.
    """
    step = st.fixed_dictionaries(
        {
            "command": st.sampled_from(["update", "edit", "checkout", "checkout", "reference"]),
            "cart": known_carts(numbered=draw(st.sampled_from([True, True, False]))),
            "hours": st.sampled_from([0, 1, 24, 100]),
            "hours_late": st.sampled_from([0, 0, 0, 0, 1, 30]),
            "version": st.sampled_from([None, None, None, None, None, 0, 1, 2]),
        }
    )
    steps: list[dict[str, Any]] = []
    for number, each in enumerate(draw(st.lists(step, min_size=2, max_size=8))):
        copied = draw(st.sampled_from([(), (), (), (), ("message_id",), (*each, "message_id")]))
        earlier = draw(st.sampled_from(steps)) if steps else {}
        steps.append(
            {**each, "message_id": str(number), **{key: earlier[key] for key in copied if key in earlier}}
        )
    return steps
