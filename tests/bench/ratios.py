"""How contenders do beside one of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from tests.bench.summary import Summary

RELAY = "relay"


@dataclass(frozen=True, slots=True)
class Base:
    """Whom the others are compared with, and in which words."""

    words: str
    summary: Summary

    def speed(self, other: Summary) -> float:
        return round(other.per_second / self.summary.per_second, 2)

    def cpu(self, other: Summary) -> float:
        return round(other.cpu / self.summary.cpu, 2)


def best_peer(summaries: Sequence[Summary]) -> Base | None:
    """The fastest of those that are neither the worker nor a limit."""
    peers = [each for each in summaries if each.contender.needs]
    return Base("of best peer", max(peers, key=lambda each: each.per_second)) if peers else None


def relay(summaries: Sequence[Summary]) -> Base | None:
    found = next((each for each in summaries if each.contender.name == RELAY), None)
    return Base("of relay", found) if found else None


def ratios(summaries: Sequence[Summary]) -> dict[str, dict[str, Any]]:
    """Of each contender, what the targets speak of."""
    peer, limit = best_peer(summaries), relay(summaries)
    return {
        each.contender.name: {
            "throughputOfBestPeer": peer.speed(each) if peer else None,
            "cpuOfBestPeer": peer.cpu(each) if peer else None,
            "throughputOfRelay": limit.speed(each) if limit else None,
        }
        for each in summaries
    }
