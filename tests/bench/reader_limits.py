"""How long one message can hold the event loop: `python tests/bench/reader_limits.py`.

From the delivery to what is published. Bad bodies: decoded, made a dead letter and an event that tells. The
largest carts: decoded, decided in an open catalog, the event encoded; twice as checkout and update. Best of
several runs in milliseconds, for the machine may be shared.
"""

import argparse
import gc
import json
import platform
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from time import perf_counter
from typing import Any, Final

from aiormq import spec
from rich.console import Console
from rich.progress import track
from rich.table import Table

from contracts.reader import MAX_MESSAGE_BYTES
from contracts.wire import CHECKOUT_QUEUE, UPDATE_QUEUE
from tests.bench.worst_bodies import largest_carts, worst_bodies
from worker.amqp.dead_letter import dead_letter
from worker.amqp.decode import Limits, decode
from worker.amqp.delivery import Delivery
from worker.amqp.encode import encode
from worker.amqp.malformed import Malformed
from worker.amqp.rejection import rejected_event
from worker.checkout.catalog import Catalog
from worker.checkout.command import Command
from worker.checkout.decide import decide
from worker.checkout.decision import Decided
from worker.checkout.situation import Situation

BOUND_MS: Final = 50
_SHOWN: Final = 25
_KEPT: Final = 100
_LIMITS: Final = Limits(max_bytes=MAX_MESSAGE_BYTES, max_line_items=200)
_OPEN: Final = Catalog({}, is_open=True, default_currency="USD")
console = Console()


def a_delivery(body: bytes, queue: str) -> Delivery:
    return Delivery(
        body=body,
        properties=spec.Basic.Properties(message_id="m", app_id="shop", timestamp=datetime.now(UTC)),
        exchange="cart.commands",
        routing_key=queue,
        queue=queue,
        tag=1,
        redelivered=False,
        received=datetime.now(UTC),
    )


def timed(runs: int, work: Callable[[], Any]) -> tuple[float, Any]:
    """The best of so many runs, and what the last gave."""
    best, result = float("inf"), None
    for _ in range(runs):
        gc.collect()
        started = perf_counter()
        result = work()
        best = min(best, perf_counter() - started)
    return round(best * 1_000, 2), result


def measure(body: bytes, queue: str, runs: int) -> dict[str, Any]:
    """What each step costs, and what became of the body."""
    delivery = a_delivery(body, queue)
    decode_ms, decoded = timed(runs, lambda: decode(delivery, _LIMITS))
    if isinstance(decoded, Malformed):
        rest_ms, _ = timed(runs, lambda: _set_aside(delivery, decoded))
        outcome = str(decoded.code)
    else:
        rest_ms, kind = timed(runs, lambda: _decided(decoded))
        outcome = str(kind)
    total = round(decode_ms + rest_ms, 2)
    return {"bytes": len(body), "outcome": outcome, "decode": decode_ms, "rest": rest_ms, "total": total}


def _set_aside(delivery: Delivery, malformed: Malformed) -> None:
    dead_letter(delivery, malformed).properties.marshal()
    event = rejected_event(delivery, malformed)
    assert event
    encode(event).properties.marshal()


def _decided(command: Command) -> str:
    decision = decide(command, Situation(), _OPEN)
    assert isinstance(decision, Decided)
    encode(decision.event).properties.marshal()
    return decision.event.type


def measure_all(runs: int) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {}
    for name, body in track([*worst_bodies(), *largest_carts()], console=console):
        for queue in (CHECKOUT_QUEUE, UPDATE_QUEUE):
            found[f"{queue}: {name}"] = measure(body, queue, runs)
    return found


def report(worst: list[tuple[str, dict[str, Any]]]) -> None:
    table = Table("body", "outcome", "decode", "rest", "total ms", title="What takes longest")
    for name, each in worst[:_SHOWN]:
        table.add_row(name, each["outcome"], *(str(each[step]) for step in ("decode", "rest", "total")))
    console.print(table)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--json", type=Path, help="where to keep the results")
    options = parser.parse_args()
    found = measure_all(options.runs)
    worst = sorted(found.items(), key=lambda each: -each[1]["total"])
    over = [name for name, each in worst if each["total"] > BOUND_MS]
    report(worst)
    console.print(f"{len(over)} of {len(found)} bodies take more than {BOUND_MS} ms")
    if options.json:
        document = {
            "measured": datetime.now(UTC).isoformat(timespec="seconds"),
            "command": f"python tests/bench/reader_limits.py --runs {options.runs}",
            "machine": {
                "python": platform.python_version(),
                "system": f"{platform.system()} {platform.machine()}",
            },
            "bodies": len(found),
            "over_50_ms": len(over),
            "worst": dict(worst[:_KEPT]),
        }
        options.json.write_text(json.dumps(document, indent=2) + "\n")


if __name__ == "__main__":
    main()
