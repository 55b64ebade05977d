"""What a million archived dead letters cost whoever looks: `python tests/bench/dead_letters.py`.

On a private PostgreSQL, archived dead letters of usual size in some hundred groups, most of them unresolved.
Each look is made on a connection of its own, as the command line makes it, with other values each time; told
is the median and the largest of the times from the connection's being there to the last row. archive: letters
a second that PostgreSQL stores when there are that many, in batches of 50; the broker is not used.
"""

import argparse
import json
import platform
import random
import statistics
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import perf_counter
from typing import Any
from uuid import UUID

import psutil
import uvloop
from aiormq import spec
from pydantic_core import to_json
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from contracts.codes import DeadLetterCode
from worker.amqp.dead_letter import dead_letter
from worker.amqp.decode import Limits
from worker.amqp.delivery import Delivery
from worker.amqp.malformed import Malformed
from worker.cli.services import database
from worker.deadletters.archive import PREFETCH
from worker.deadletters.entry import entry_of
from worker.deadletters.words import query_of
from worker.embedded.services import Services
from worker.postgres.dead_letters import DeadLetter, DeadLetters, LetterFilter, LetterState
from worker.postgres.migrate import migrate
from worker.postgres.pool import Pool, acquired
from worker.settings import Settings

LIMITS = Limits(1024 * 1024, 200)
CUSTOMERS, SOURCES = 5_000, 40
MEMBERS = [f"member{chr(97 + number)}" for number in range(20)]
DAYS = 90
LIMIT = 50
CHUNK = 5_000
FINISHED = (
    "UPDATE dead_letters SET state = 'discarded' WHERE dead_letter_id LIKE '0%'",
    (
        "UPDATE dead_letters SET state = 'resolved', outcome_message_id = 'm',"
        " outcome_customer_id = 'c0c0c0c0-0000-4000-8000-000000000000' WHERE dead_letter_id LIKE '1%'"
    ),
    "UPDATE dead_letters SET state = 'failed-again' WHERE dead_letter_id LIKE '2%'",
)
console = Console()


def a_letter(chance: random.Random, received: datetime) -> Delivery:
    """As a producer sends it."""
    rare = f"needle{chance.randrange(200_000)}"
    body: dict[str, Any] = {
        "customerId": str(UUID(int=chance.randrange(CUSTOMERS), version=4)),
        "cart": {"id": str(UUID(int=chance.getrandbits(128), version=4)), "lineItems": []},
        "note": f"{rare} {' '.join(chance.choices(MEMBERS, k=5))}",
    }
    for _ in range(3):
        item = f"CFQ7TTC0{chance.randrange(9999):04}:0001:CFQ7TTC0{chance.randrange(9999):04}"
        body["cart"]["lineItems"].append({"catalogItemId": item, "quantity": 0, "billingCycle": "monthly"})
    properties = spec.Basic.Properties(
        message_id=str(UUID(int=chance.getrandbits(128), version=4)),
        app_id=f"storefront-{chance.randrange(SOURCES)}",
        timestamp=received,
        content_type="application/json",
    )
    return Delivery(
        body=to_json(body),
        properties=properties,
        exchange="cart.commands",
        routing_key="cart.checkout",
        queue="cart.checkout",
        tag=1,
        redelivered=False,
        received=received,
    )


def archived_letter(chance: random.Random, received: datetime) -> Delivery:
    """As the worker sets it aside."""
    code = chance.choice(list(DeadLetterCode)[:7])
    reason = f"What is wrong with {chance.choice(MEMBERS)}: {chance.choice(('missing', 'long', 'odd'))}"
    came = a_letter(chance, received)
    outgoing = dead_letter(came, Malformed(code, reason))
    return replace(
        came, properties=outgoing.properties, exchange=outgoing.exchange, queue="cart.dead-letters"
    )


async def fill(pool: Pool, count: int) -> float:
    """Archive letters as the worker does; how many a second at the end."""
    chance, letters = random.Random(7), DeadLetters(pool)
    begin, apart = datetime.now(UTC) - timedelta(days=DAYS), timedelta(days=DAYS) / count

    def entries_from(start: int, size: int) -> list[DeadLetter]:
        times = (begin + number * apart for number in range(start, start + size))
        return [entry_of(archived_letter(chance, received), LIMITS) for received in times]

    with Progress(console=console, transient=True) as progress:
        task = progress.add_task("filling", total=count)
        for start in range(0, count, CHUNK):
            entries = entries_from(start, min(CHUNK, count - start))
            await letters.archive(entries, "bench")
            progress.advance(task, len(entries))
    async with acquired(pool) as connection:
        for change in FINISHED:
            await connection.execute(change)
        await connection.execute("VACUUM ANALYZE")
    entries = entries_from(count - 40 * PREFETCH, 40 * PREFETCH)
    begun = perf_counter()
    for start in range(0, len(entries), PREFETCH):
        await letters.archive(entries[start : start + PREFETCH], "bench")
    return len(entries) / (perf_counter() - begun)


Look = Callable[[DeadLetters, random.Random], Awaitable[Sequence[object]]]


def looks(known: Sequence[Mapping[str, Any]], fingerprints: Sequence[str]) -> dict[str, Look]:
    """Each of the commands' filters, and what it is asked for."""

    def listing(choose: Callable[[random.Random], dict[str, Any]]) -> Look:
        return lambda letters, chance: letters.newest(LetterFilter(**choose(chance)), LIMIT)

    def day(chance: random.Random) -> datetime:
        return datetime.now(UTC) - timedelta(days=DAYS * chance.random())

    every = {"states": list(LetterState)}
    return {
        "list": listing(lambda _: {}),
        "list --all": listing(lambda _: every),
        "list --state resolved": listing(lambda _: {"states": ["resolved"]}),
        "list --state replaying": listing(lambda _: {"states": ["replaying"]}),
        "list --code": listing(lambda c: {"code": c.choice(known)["code"]}),
        "list --code (of none)": listing(lambda _: {"code": "unroutable"}),
        "list --group": listing(lambda c: {"fingerprint": c.choice(fingerprints)}),
        "list --customer": listing(lambda c: {"customer_id": c.choice(known)["customer_id"]}),
        "list --cart": listing(lambda c: {"cart_id": c.choice(known)["cart_id"]}),
        "list --source": listing(lambda c: {"source": c.choice(known)["source"]}),
        "list --since": listing(lambda c: {"since": day(c)}),
        "list --until": listing(lambda c: {"until": day(c)}),
        "list --text (of few)": listing(lambda c: {"text": query_of(f"needle{c.randrange(200_000)}")}),
        "list --text (of many)": listing(lambda c: {"text": query_of(c.choice(MEMBERS))}),
        "list --text (of all)": listing(lambda _: {"text": query_of("monthly")}),
        "list --text (an id)": listing(lambda c: {"text": query_of(str(c.choice(known)["cart_id"]))}),
        "list --text (of none)": listing(lambda c: {"text": query_of(f"nobody{c.random()}")}),
        "list --code --source --all": listing(
            lambda c: every | {"code": c.choice(known)["code"], "source": c.choice(known)["source"]}
        ),
        "list --code --text": listing(
            lambda c: {"code": c.choice(known)["code"], "text": query_of(c.choice(MEMBERS))}
        ),
        "groups": lambda letters, _: letters.groups(["parked", "replaying", "failed-again"], limit=LIMIT),
        "groups --all": lambda letters, _: letters.groups(list(LetterState), limit=LIMIT),
        "groups --code": lambda letters, c: letters.groups(
            list(LetterState), code=c.choice(known)["code"], limit=LIMIT
        ),
        "show": lambda letters, c: letters.find(c.choice(known)["dead_letter_id"][:16]),
    }


async def timed(settings: Settings, look: Look, times: int) -> tuple[float, float, int]:
    """Median and largest milliseconds, and most rows."""
    chance, took, rows = random.Random(11), [], 0
    for _ in range(times):
        async with database(settings) as pool:
            async with acquired(pool):
                pass
            begun = perf_counter()
            rows = max(rows, len(await look(DeadLetters(pool), chance)))
            took.append((perf_counter() - begun) * 1000)
    return statistics.median(took), max(took), rows


async def measure(count: int, times: int) -> dict[str, Any]:
    async with Services() as services:
        settings = Settings(_env_prefix="NOT_SET_", database_url=services.postgres.database_url)
        async with database(settings, statement_seconds=None) as pool:
            async with acquired(pool) as connection:
                await migrate(connection)
            figures: dict[str, Any] = {"archive_per_s": round(await fill(pool, count))}
            async with acquired(pool) as connection:
                size = "SELECT pg_total_relation_size('dead_letters') / 1e6"
                figures["archive_mb"] = round(await connection.fetchval(size))
            letters = DeadLetters(pool)
            half = datetime.now(UTC) - timedelta(days=DAYS / 2)
            newest = await letters.newest(LetterFilter(until=half), 5_000)
            known = [each for each in newest if each["customer_id"]]
            groups = await letters.groups(list(LetterState), limit=10_000)
            figures["groups"] = len(groups)
        found: dict[str, dict[str, float]] = {}
        for name, look in looks(known, [each["fingerprint"] for each in groups]).items():
            median, largest, rows = await timed(settings, look, times)
            found[name] = {"median_ms": round(median, 1), "largest_ms": round(largest, 1), "rows": rows}
        return figures | {"looks": found}


def report(figures: Mapping[str, Any]) -> None:
    table = Table("look", "median ms", "largest ms", "rows")
    for name, each in figures["looks"].items():
        table.add_row(name, *(f"{value:,}" for value in each.values()))
    console.print(table)
    console.print({name: value for name, value in figures.items() if name != "looks"})


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--letters", type=int, default=1_000_000)
    parser.add_argument("--times", type=int, default=15, help="how often each look is made")
    parser.add_argument("--json", type=Path, help="where to keep the results")
    options = parser.parse_args()
    figures = uvloop.run(measure(options.letters, options.times))
    report(figures)
    if options.json:
        machine = {
            "cores": psutil.cpu_count(),
            "python": platform.python_version(),
            "system": f"{platform.system()} {platform.machine()}",
            "load_average_at_the_end": psutil.getloadavg()[0],
        }
        document = {
            "measured": datetime.now(UTC).isoformat(timespec="seconds"),
            "command": f"python tests/bench/dead_letters.py --letters {options.letters}",
            "machine": machine,
            **figures,
        }
        options.json.write_text(json.dumps(document, indent=2) + "\n")


if __name__ == "__main__":
    main()
