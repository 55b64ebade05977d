"""What a pause before a cart costs: `python -m tests.bench.pauses`.

Eight carts of the bench are read and decided in a row, after a pause in which the same process does nothing
but look at the clock. CPU microseconds of each, medians: what the first cost more than the last is caches
that had to be filled again.
"""

import argparse
import json
import platform
import statistics
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from time import perf_counter, thread_time
from typing import Final

from rich.console import Console
from rich.progress import track
from rich.table import Table

from contracts.reader import MAX_MESSAGE_BYTES
from contracts.wire import CHECKOUT_QUEUE
from tests.bench.corpus import CORPORA
from tests.bench.reader_limits import a_delivery
from worker.amqp.decode import Limits, decode
from worker.amqp.delivery import Delivery
from worker.checkout.catalog import Catalog
from worker.checkout.command import Command
from worker.checkout.decide import decide
from worker.checkout.situation import Situation

PAUSES_MS: Final = (0, 0.5, 1, 2, 5, 10, 20)
IN_A_ROW: Final = 8
_LIMITS: Final = Limits(max_bytes=MAX_MESSAGE_BYTES, max_line_items=200)
_OPEN: Final = Catalog({}, is_open=True, default_currency="USD")


def measure(pause_ms: float, deliveries: Sequence[Delivery], runs: int) -> list[float]:
    """Microseconds of the first cart after a pause, the second, and so on."""
    found: list[list[float]] = [[] for _ in deliveries]
    for _ in range(runs):
        _wait(pause_ms / 1_000)
        for took, delivery in zip(found, deliveries, strict=True):
            took.append(_cpu_of(delivery))
    return [round(statistics.median(took), 1) for took in found]


def _wait(seconds: float) -> None:
    """Busy, so that what is measured is no processor that went to sleep."""
    end = perf_counter() + seconds
    while perf_counter() < end:
        pass


def _cpu_of(delivery: Delivery) -> float:
    started = thread_time()
    command = decode(delivery, _LIMITS)
    assert isinstance(command, Command)
    decide(command, Situation(), _OPEN)
    return (thread_time() - started) * 1e6


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--runs", type=int, default=200)
    parser.add_argument("--json", type=Path, help="where to keep the results")
    options = parser.parse_args()
    carts = CORPORA["typical"].carts(0, IN_A_ROW)
    deliveries = [a_delivery(cart.body, CHECKOUT_QUEUE) for cart in carts]
    found = {str(pause): measure(pause, deliveries, options.runs) for pause in track(PAUSES_MS)}
    table = Table("pause, ms", *map(str, range(1, IN_A_ROW + 1)), title="CPU of carts in a row, µs")
    for pause, microseconds in found.items():
        table.add_row(pause, *map(str, microseconds))
    Console().print(table)
    if options.json:
        document = {
            "measured": datetime.now(UTC).isoformat(timespec="seconds"),
            "command": f"python -m tests.bench.pauses --runs {options.runs}",
            "machine": {"python": platform.python_version(), "kernel": platform.release()},
            "microseconds": found,
        }
        options.json.write_text(json.dumps(document, indent=2) + "\n")


if __name__ == "__main__":
    main()
