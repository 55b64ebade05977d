"""What one part of the growth bench found, ready to be shown and kept."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from rich.table import Table

from tests.bench.chart import Bars, Curves
from tests.bench.contenders.contender import Contender
from tests.bench.measurement import Run
from tests.bench.ratios import Base
from tests.bench.report import panels_of, tables_of
from tests.bench.summary import Summary


@dataclass(frozen=True, slots=True)
class Finding:
    title: str
    tables: Sequence[Table]
    panels: Sequence[Bars | Curves]
    document: Mapping[str, Any]


def of_settings(title: str, contender: Contender, runs: Mapping[str, Sequence[Run]]) -> Finding:
    """The same program in different settings, each compared with the first."""
    summaries = [Summary(replace(contender, what=what), found) for what, found in runs.items()]
    base = Base(f"of {summaries[0].contender.what}", summaries[0])
    panels = [replace(panel, title=f"{title}: {panel.title}") for panel in panels_of(summaries, base)]
    document = {each.contender.what: each.document() for each in summaries}
    return Finding(title, list(tables_of(summaries, base)), panels, document)
