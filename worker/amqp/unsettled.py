"""The deliveries of a channel that the broker still waits to hear of."""

from collections.abc import Iterable
from typing import NamedTuple


class Acknowledgements(NamedTuple):
    """What to tell the broker: all up to a tag in one frame, 0 for none, and each of the others by itself."""

    up_to: int
    single: list[int]


class Unsettled:
    """Delivery tags, in the order in which the broker counts them up."""

    def __init__(self) -> None:
        self._tags: dict[int, None] = {}

    def __len__(self) -> int:
        return len(self._tags)

    def add(self, tag: int) -> None:
        self._tags[tag] = None

    def settle(self, tags: Iterable[int]) -> Acknowledgements:
        """Take these out. The broker has to be told before more are: the next frame may cover these."""
        settled = sorted(tags)
        for tag in settled:
            self._tags.pop(tag, None)
        first_left = next(iter(self._tags), None)
        single = [] if first_left is None else [tag for tag in settled if tag > first_left]
        before = settled[: len(settled) - len(single)]
        return Acknowledgements(before[-1] if before else 0, single)
