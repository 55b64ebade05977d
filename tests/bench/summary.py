"""The runs of a contender in one: the median of each figure."""

import statistics
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from typing import Any, Final

from tests.bench.contenders.contender import Contender
from tests.bench.measurement import RATES, Latency, Run

CPU: Final = ("worker_cpu", "broker_cpu", "database_cpu")
_FIGURES: Final = ("per_second", *CPU, "others_share", "memory_mb")


@dataclass(frozen=True, slots=True)
class Summary:
    contender: Contender
    runs: Sequence[Run]

    def median(self, figure: str) -> float:
        found = [value for run in self.runs if (value := getattr(run, figure)) is not None]
        return round(statistics.median(found), 3) if found else 0.0

    @property
    def per_second(self) -> float:
        return self.median("per_second")

    @property
    def cpu(self) -> float:
        """Seconds for 1,000 results, of the contender, the broker and the database together."""
        return round(sum(self.median(figure) for figure in CPU), 3)

    @property
    def latency(self) -> list[Latency]:
        """The median of each percentile, at each of the rates."""
        by_rate = zip(*(run.latency for run in self.runs if run.latency), strict=True)
        return [_median(found) for found in by_rate]

    def document(self) -> dict[str, Any]:
        return {
            "what": self.contender.what,
            "settings": dict(self.contender.settings),
            "median": {figure: self.median(figure) for figure in _FIGURES},
            "latency": self._latencies(),
            "runs": [asdict(run) for run in self.runs],
        }

    def _latencies(self) -> list[dict[str, Any]]:
        latency = self.latency
        rates = RATES if latency else ()
        return [{"rate": rate.words} | asdict(at) for rate, at in zip(rates, latency, strict=True)]


def _median(found: Sequence[Latency]) -> Latency:
    return Latency(
        *(statistics.median(getattr(each, field.name) for each in found) for field in fields(Latency))
    )
