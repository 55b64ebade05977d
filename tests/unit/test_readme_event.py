"""README's event is a part of one that the worker makes."""

import json
from typing import Any

from tests.support.readme import README, block

EXAMPLES = README.parent / "contracts" / "examples"


def is_part(shown: Any, whole: Any) -> bool:
    if isinstance(shown, dict):
        return all(name in whole and is_part(value, whole[name]) for name, value in shown.items())
    if isinstance(shown, list):
        return len(shown) == len(whole) and all(map(is_part, shown, whole))
    return bool(shown == whole)


def test_the_event_is_shortened_and_otherwise_as_the_worker_makes_it() -> None:
    shown = json.loads(block("event").removeprefix("```json\n").removesuffix("\n```"))
    made = json.loads((EXAMPLES / "checkout.partial/valid/one-line-withdrawn.json").read_bytes())

    assert is_part(shown, made)
    assert not is_part(shown | {"cartVersion": 2}, made)
