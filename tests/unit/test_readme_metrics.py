"""README's metrics are the ones that a worker shows."""

from prometheus_client import Counter, Gauge, Histogram
from prometheus_client.metrics import MetricWrapperBase

from tests.support.readme import block
from worker import telemetry

KINDS = {Counter: "counter", Gauge: "gauge", Histogram: "histogram"}


def metrics_table() -> str:
    rows = ["| metric | kind | meaning |", "|---|---|---|"]
    for metric in vars(telemetry).values():
        if isinstance(metric, MetricWrapperBase):
            (described,) = metric.describe()
            kind = KINDS[type(metric)]
            name = f"{described.name}_total" if kind == "counter" else described.name
            rows.append(f"| `{name}` | {kind} | {described.documentation} |")
    return "\n".join(rows)


def test_the_metrics_table_is_the_one_that_the_code_makes() -> None:
    assert block("metrics") == metrics_table()
