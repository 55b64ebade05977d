"""A comparison as people read it: a table, and a chart."""

from collections.abc import Iterator, Sequence

from rich.box import SIMPLE_HEAVY
from rich.table import Table

from tests.bench.chart import Bar, Bars
from tests.bench.measurement import RATES, Latency
from tests.bench.ratios import Base, relay
from tests.bench.summary import CPU, Summary

DISTURBING_SHARE = 0.1


def tables_of(summaries: Sequence[Summary], base: Base | None) -> Iterator[Table]:
    """Medians."""
    yield _costs(summaries)
    if bases := [each for each in (base, relay(summaries)) if each]:
        yield _ratios(summaries, bases)
    if _have_latencies(summaries):
        yield _latencies(summaries)


def _costs(summaries: Sequence[Summary]) -> Table:
    title = "CPU: seconds for 1,000 checkouts of worker / broker / database. Memory: MB"
    table = Table("", "a second", "CPU", "of it", "memory", title=title)
    for each in summaries:
        parts = " / ".join(f"{each.median(figure):.2f}" for figure in CPU)
        memory = f"{each.median('memory_mb'):.0f}" if each.median("memory_mb") else ""
        table.add_row(_name(each), f"{each.per_second:,.0f}", f"{each.cpu:.2f}", parts, memory)
    return _to_the_right(table)


def _ratios(summaries: Sequence[Summary], bases: Sequence[Base]) -> Table:
    columns = [column for base in bases for column in (f"speed {base.words}", f"CPU {base.words}")]
    table = Table("", *columns, title="How many times that much")
    for each in summaries:
        found = ((base.speed(each), base.cpu(each)) for base in bases)
        table.add_row(_name(each), *(f"{ratio:.2f}" for pair in found for ratio in pair))
    return _to_the_right(table)


def _latencies(summaries: Sequence[Summary]) -> Table:
    title = "Latency, p50/p95/p99 in ms"
    # As wide as a terminal, with whole names.
    table = Table(
        "",
        *(rate.words for rate in RATES),
        title=title,
        box=SIMPLE_HEAVY,
        collapse_padding=True,
        pad_edge=False,
    )
    for each in (summary for summary in summaries if summary.latency):
        table.add_row(_name(each), *map(_percentiles, each.latency))
    return _to_the_right(table)


def disturbances(summaries: Sequence[Summary]) -> Iterator[str]:
    """A sentence for each run that shared the machine. It counts all the same."""
    for each in summaries:
        for number, run in enumerate(each.runs):
            if each.contender.consumers and run.others_share > DISTURBING_SHARE:
                yield f"{_name(each)}, run {number + 1}: {run.others_share:.0%} of the CPU went to others"


def _percentiles(latency: Latency) -> str:
    return f"{latency.p50_ms:.0f}/{latency.p95_ms:.0f}/{latency.p99_ms:.0f}"


def _to_the_right(table: Table) -> Table:
    for column in table.columns[1:]:
        column.justify = "right"
    return table


def panels_of(summaries: Sequence[Summary], base: Base | None) -> list[Bars]:
    words = f", and how many times that {base.words}" if base else ""
    cpu = [_cpu_bar(each) for each in summaries]
    memory = [_memory_bar(each) for each in summaries if each.median("memory_mb")]
    return [
        Bars(f"Checkouts a second{words}", [_speed_bar(each, base) for each in summaries]),
        Bars("CPU seconds for 1,000 checkouts", cpu, ("worker", "broker", "database")),
        Bars("Largest memory, MB", memory),
        *(_latency_panel(number, summaries) for number in range(len(RATES)) if _have_latencies(summaries)),
    ]


def _speed_bar(summary: Summary, base: Base | None) -> Bar:
    note = f"{summary.per_second:,.0f}{f' · {base.speed(summary):.2f} x' if base else ''}"
    return Bar(_name(summary), [summary.per_second], note, _is_limit(summary))


def _latency_panel(number: int, summaries: Sequence[Summary]) -> Bars:
    bars = []
    for each in (summary for summary in summaries if summary.latency):
        at = each.latency[number]
        parts = (at.p50_ms, at.p95_ms - at.p50_ms, at.p99_ms - at.p95_ms)
        bars.append(Bar(f"{_name(each)}, {at.per_second:,.0f}/s", parts, _percentiles(at)))
    return Bars(f"Latency in ms, {RATES[number].words}", bars, ("p50", "p95", "p99"))


def _have_latencies(summaries: Sequence[Summary]) -> bool:
    return any(each.latency for each in summaries)


def _cpu_bar(summary: Summary) -> Bar:
    return Bar(_name(summary), [summary.median(figure) for figure in CPU], f"{summary.cpu:.2f}")


def _memory_bar(summary: Summary) -> Bar:
    memory = summary.median("memory_mb")
    return Bar(_name(summary), [memory], f"{memory:,.0f}", _is_limit(summary))


def _is_limit(summary: Summary) -> bool:
    return summary.contender.is_limit


def _name(summary: Summary) -> str:
    return summary.contender.what
