"""How large everything is that the growth bench makes large."""

from dataclasses import dataclass
from typing import Final

from rich.console import Console

from tests.bench.corpus import CORPORA
from tests.bench.measurement import Plan

console: Final = Console()


@dataclass(frozen=True, slots=True)
class Extent:
    stored: int
    backlog: int
    items: int
    count: int
    runs: int

    @property
    def plan(self) -> Plan:
        return Plan(CORPORA["typical"], self.count)
