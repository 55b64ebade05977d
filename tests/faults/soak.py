"""A seeded mix of faults under load: python -m tests.faults.soak --seed N --minutes M [--workers 3]."""

import argparse
import asyncio
import json
import logging
import random
import sys
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from time import monotonic
from typing import Any, Final

from aiormq.exceptions import AMQPError

from tests.support.account import Account
from tests.support.broker import Broker, connected_broker
from tests.support.faults import Crew, Faults
from tests.support.inputs import Input, a_mixture
from tests.support.stage import Stage, breakable_services, message_of, staged

# After the last fault: a session that was lost again and again waits for half a minute.
QUIET_SECONDS: Final = 150.0
_CONFIRM_SECONDS: Final = 10.0
_WAVE: Final = 40


@dataclass(slots=True)
class Report:
    """What a soak found."""

    seed: int
    account: Account
    faults: Counter[str] = field(default_factory=Counter)
    seconds_to_recover: float = 0.0

    @property
    def as_json(self) -> dict[str, Any]:
        wrong = self.account.lost + self.account.duplicated + self.account.unexpected
        return {
            "seed": self.seed,
            **self.account.figures,
            "faults": dict(self.faults),
            "secondsToRecover": round(self.seconds_to_recover, 1),
            "wrong": wrong[:50],
        }


class Producer:
    """A storefront that publishes again what the broker did not confirm; it knows what was confirmed."""

    def __init__(self, url: str, chance: random.Random, per_second: float) -> None:
        self._url = url
        self._chance = chance
        self._pause = _WAVE / per_second
        self.confirmed: list[Input] = []
        self.unconfirmed: list[Input] = []

    async def run(self) -> None:
        """Until cancelled. An alarm of the broker, or its absence, only delays it."""
        while True:
            with suppress(OSError, AMQPError, RuntimeError, TimeoutError, StopAsyncIteration):
                async with asyncio.timeout(_CONFIRM_SECONDS), connected_broker(self._url) as broker:
                    await self._publish_some(broker)
            await asyncio.sleep(self._pause)

    async def _publish_some(self, broker: Broker) -> None:
        if not self.unconfirmed:
            self.unconfirmed = a_mixture(_WAVE, seed=self._chance.randrange(2**32))
        results = await asyncio.gather(
            *(broker.publish(**message_of(each)) for each in self.unconfirmed), return_exceptions=True
        )
        pairs = list(zip(self.unconfirmed, results, strict=True))
        self.confirmed += [each for each, result in pairs if result is None]
        self.unconfirmed = [each for each, result in pairs if result is not None]


async def soak(
    stage: Stage, *, seed: int, seconds: float, workers: int, per_second: float = 40, between: float = 4
) -> Report:
    """Break things for so many seconds, mend all, and count."""
    chance = random.Random(seed)
    crew = Crew(stage, workers)
    producer = Producer(stage.amqp_url, chance, per_second)
    await crew.fill()
    chores = [asyncio.create_task(crew.keep_up()), asyncio.create_task(producer.run())]
    try:
        begun = await _break_things(Faults(stage, crew, chance), chance, seconds, between)
    finally:
        chores[1].cancel()
    report = Report(seed, Account(), begun)
    since = monotonic()
    with suppress(AssertionError):
        await stage.until_done(producer.confirmed, within=QUIET_SECONDS)
    report.seconds_to_recover = monotonic() - since
    chores[0].cancel()
    await asyncio.gather(*chores, return_exceptions=True)
    await crew.stop()
    report.account = await stage.account(producer.confirmed, producer.unconfirmed)
    report.account.unexpected += crew.unexpected
    return report


async def _break_things(
    faults: Faults, chance: random.Random, seconds: float, between: float
) -> Counter[str]:
    """One after the other, each kind once before any comes again, with time to recover between some."""
    begun: Counter[str] = Counter()
    end = monotonic() + seconds
    waiting: list[str] = []
    while monotonic() < end:
        waiting = waiting or chance.sample(sorted(faults.by_name), k=len(faults.by_name))
        name = waiting.pop()
        begun[name] += 1
        await faults.by_name[name]()
        await asyncio.sleep(chance.uniform(0, 2 * between))
    return begun


def table(report: Report) -> str:
    rows = [
        *report.account.figures.items(),
        *((f"fault: {name}", n) for name, n in sorted(report.faults.items())),
    ]
    width = max(len(name) for name, _ in rows)
    lines = [f"{name:<{width}}  {count:>8}" for name, count in rows]
    lines.append(f"{'seconds to recover':<{width}}  {report.seconds_to_recover:>8.1f}")
    return "\n".join([f"seed {report.seed}", *lines, *report.as_json["wrong"]])


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--workers", type=int, default=3)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--keep", type=Path, help="a directory for the workers' logs")
    return parser.parse_args()


async def main() -> int:
    given = _arguments()
    # The driver tells of each refused connection.
    logging.getLogger("aiormq").setLevel(logging.CRITICAL)
    with TemporaryDirectory(prefix="checkout-soak-") as temporary:
        directory = given.keep or Path(temporary)
        directory.mkdir(parents=True, exist_ok=True)
        async with breakable_services() as services, staged(services, directory, quiet=True) as stage:
            report = await soak(stage, seed=given.seed, seconds=60 * given.minutes, workers=given.workers)
    sys.stdout.write((json.dumps(report.as_json, indent=2) if given.json else table(report)) + "\n")
    return 0 if report.account.is_clean else 1


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
