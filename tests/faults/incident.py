"""Dead letters of five causes, cured and replayed: python -m tests.faults.incident --each 2000 --json FILE.

They are grouped and filtered with the command line, and replayed at a set rate: one replay is killed in the
middle and run again, two run at once, the others send canaries first.
"""

import argparse
import asyncio
import json
import logging
import signal
import sys
from collections import Counter
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from time import monotonic
from typing import Any, Final

from yarl import URL

from tests.support.broker import CHECKOUT, SOURCE, Broker, Subscriber, connected_broker
from tests.support.causes import MISTYPED, WITHIN, Cause, five_causes, set_all_aside
from tests.support.command_line import CommandLine, Finished
from tests.support.eventually import eventually
from tests.support.proxy import Proxy, Way
from tests.support.replays import LAPSED, actions, replayed, states
from tests.support.stage import Stage, breakable_services, staged

WORKERS: Final = 2
_REST_SECONDS: Final = 2.0
_USUAL: Final = {"archive": "on", "batch_size": 100, "prefetch": 400}
_CLAIMED: Final = "SELECT count(*) FROM dead_letter_actions WHERE action = 'replayed'"
_LEFT: Final = "SELECT count(*) FROM dead_letters WHERE state = 'replaying'"
_ORDERS: Final = "SELECT customer_id::text, cart_id::text, order_group FROM orders"
_CLAIMS: Final = (
    "SELECT acted_at FROM dead_letter_actions JOIN dead_letters USING (dead_letter_id)"
    " WHERE action = 'replayed' AND message_id = ANY ($1) ORDER BY acted_at"
)


@dataclass(slots=True)
class Outcome:
    """What became of the dead letters of a cause."""

    code: str
    how: str
    letters: int
    sent: int
    seconds: float
    per_second: float
    """Claims at the beginning, by PostgreSQL's clock."""

    resolved: int = 0
    orders: int = 0


@dataclass(slots=True)
class Report:
    """What a run found. What is wrong is told in words."""

    outcomes: list[Outcome] = field(default_factory=list)
    figures: dict[str, Any] = field(default_factory=dict)
    wrong: list[str] = field(default_factory=list)

    def expect(self, what: str, found: object, wanted: object) -> None:
        if found != wanted:
            self.wrong.append(f"{what}: {found} in place of {wanted}")


class Incident:
    """One run, from the first message to the last order."""

    def __init__(
        self, stage: Stage, broker: Broker, line: Proxy, directory: Path, *, each: int, rate: float
    ) -> None:
        amqp_url = str(URL(stage.amqp_url).with_port(line.port))
        urls = {"CHECKOUT_AMQP_URL": amqp_url, "CHECKOUT_DATABASE_URL": stage.database.url}
        self._command_line = CommandLine(urls, directory)
        self._stage, self._broker, self._line = stage, broker, line
        self._each, self._rate = each, rate
        self._causes = five_causes(each)
        self._spy = Subscriber()
        self.report = Report()

    async def run(self) -> Report:
        begun = monotonic()
        await set_all_aside(self._stage, self._broker, self._causes, **_USUAL)
        self.report.figures["seconds to set aside and archive"] = round(monotonic() - begun, 1)
        await self._look_around()
        self._spy = await self._broker.subscribe(CHECKOUT, "cart.commands")
        workers = [(await self._stage.start(**_USUAL))[0] for _ in range(WORKERS)]
        killed, two, *others = self._causes
        await self._killed_and_run_again(killed)
        await self._two_at_once(two)
        for cause in others:
            await self._with_canaries(cause)
        for worker in workers:
            self.report.expect("exit code of a worker", await worker.stop(), 0)
        await self._judge()
        return self.report

    async def _look_around(self) -> None:
        """Groups and filters find each cause, and nothing else."""
        groups = (await self._command_line.run("dead-letters", "groups", "--json")).document
        found = {group["code"]: group["count"] for group in groups}
        self.report.expect("groups", found, {cause.code: self._each for cause in self._causes})
        for group in groups:
            await self._expect_listed(self._each, "--group", group["fingerprint"])
        for cause in self._causes:
            one = cause.letters[self._each // 2]
            await self._expect_listed(self._each, "--code", cause.code)
            await self._expect_listed(1, "--customer", one.customer_id, "--code", cause.code)
            await self._expect_listed(1, "--cart", one.cart_id)
        everything = len(self._causes) * self._each
        await self._expect_listed(everything, "--source", SOURCE, "--since", "2000-01-01")
        await self._expect_listed(0, "--until", "2000-01-01")
        await self._expect_listed(self._each, "--text", MISTYPED)

    async def _expect_listed(self, count: int, *arguments: str) -> None:
        listed = await self._command_line.run(
            "dead-letters", "list", *arguments, "--limit", "1000000", "--json"
        )
        self.report.expect(f"list {' '.join(arguments)}", len(listed.document), count)

    async def _killed_and_run_again(self, cause: Cause) -> None:
        """What the killed one claimed and did not send lapses; nobody waits for the 10 minutes here."""
        begun = monotonic()
        claimed = await self._killed(cause)
        again = await replayed(self._command_line, *self._how(cause))
        self._expect_sent("the second run", again, self._each - claimed)
        left = int(await self._stage.database.value(_LEFT))
        self.report.expect("nothing was left unsent by the killed one", "yes" if left == 0 else "no", "no")
        await self._stage.database.execute(LAPSED)
        last = await replayed(self._command_line, *self._how(cause))
        self._expect_sent("the run after 10 minutes", last, left)
        lapsed = len(await actions(self._stage.database, "lapsed"))
        self.report.expect("lapsed claims", lapsed, left)
        self.report.figures |= {"claimed when killed": claimed, "of these not sent": left}
        await self._note(cause, "killed, run again", begun, self._each)

    async def _killed(self, cause: Cause) -> int:
        """Kill a replay that has claimed a flight and cannot send it; how many are claimed then."""
        process = await self._command_line.start("dead-letters", "replay", *self._how(cause), "--json")
        await eventually(self._claimed, lambda count: count >= self._each // 2, within=WITHIN)
        self._line.freeze(Way.TO_SERVICE)
        await self._at_rest()
        process.kill()
        await process.communicate()
        await self._line.refuse()
        await self._line.mend()
        self.report.expect("exit code of the killed one", process.returncode, -signal.SIGKILL)
        return await self._claimed()

    async def _at_rest(self) -> None:
        """Wait until no more is claimed: the flight that was claimed last hangs in the frozen line."""
        claimed = -1
        while claimed != (now := await self._claimed()):
            claimed = now
            await asyncio.sleep(_REST_SECONDS)

    async def _two_at_once(self, cause: Cause) -> None:
        """Two operators, the same dead letters; the second one is faster, and overtakes the first."""
        begun, before = monotonic(), await self._claimed()
        first = asyncio.create_task(replayed(self._command_line, *self._how(cause)))
        await eventually(self._claimed, lambda count: count >= before + self._each // 8, within=WITHIN)
        second = await replayed(self._command_line, *self._how(cause, 2 * self._rate))
        ended = [await first, second]
        self.report.expect("exit codes of two at once", [each.code for each in ended], [0, 0])
        sent = [each.document["sent"] for each in ended]
        self.report.expect("sent by two at once", sum(sent), self._each)
        self.report.figures |= {
            "sent by two at once": sent,
            "left to the other": [len(each.document["skipped"]) for each in ended],
        }
        await self._note(cause, "two at once", begun, sum(sent))

    async def _with_canaries(self, cause: Cause) -> None:
        begun = monotonic()
        ended = await replayed(self._command_line, *self._how(cause), "--canary", "10")
        self._expect_sent(cause.code, ended, self._each)
        await self._note(cause, "canaries first", begun, ended.document["sent"])

    def _how(self, cause: Cause, rate: float | None = None) -> tuple[str, ...]:
        return ("--code", cause.code, "--as", CHECKOUT, "--rate", str(rate or self._rate), "--yes")

    def _expect_sent(self, what: str, ended: Finished, count: int) -> None:
        found = ended.code, ended.document["sent"], len(ended.document["resolved"])
        self.report.expect(f"{what}: exit code, sent, resolved", found, (0, count, count))

    async def _note(self, cause: Cause, how: str, begun: float, sent: int) -> None:
        times = [row["acted_at"] for row in await self._stage.database.rows(_CLAIMS, cause.ids)]
        # A quarter of the planned time, from between two flights that are no canaries.
        quarter = timedelta(seconds=self._each / self._rate / 4)
        start = times[self._each // 8] + timedelta(seconds=0.05)
        some = [time for time in times if start <= time < start + quarter]
        pace = round(len(some) / quarter.total_seconds(), 1)
        outcome = Outcome(cause.code, how, self._each, sent, round(monotonic() - begun, 1), pace)
        self.report.outcomes.append(outcome)

    async def _judge(self) -> None:
        """Each is resolved with its orders, each message was sent once, each claim has its end."""
        database, expect = self._stage.database, self.report.expect
        known = await states(database)
        expect("states", Counter(known.values()), Counter(resolved=len(self._causes) * self._each))
        orders = Counter(tuple(row.values()) for row in await database.rows(_ORDERS))
        expect("groups ordered twice", [key for key, count in orders.items() if count > 1], [])
        expect("orders", set(orders), set().union(*(cause.orders for cause in self._causes)))
        for cause, outcome in zip(self._causes, self.report.outcomes, strict=True):
            outcome.resolved = sum(known.get(each) == "resolved" for each in cause.ids)
            outcome.orders = sum(orders[each] for each in cause.orders)
        sent = Counter(each.id for each in self._spy.messages)
        expect("messages sent", sent, Counter(name for cause in self._causes for name in cause.ids))
        ends = [len(await actions(database, each)) for each in ("resolved", "lapsed")]
        expect("claims", await self._claimed(), sum(ends))
        expect("messages left", await self._broker.ready(CHECKOUT), 0)

    async def _claimed(self) -> int:
        return int(await self._stage.database.value(_CLAIMED))


def table(report: Report) -> str:
    names = list(Outcome.__slots__)
    rows = [names, *([str(each) for each in asdict(outcome).values()] for outcome in report.outcomes)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = ["  ".join(map(str.ljust, row, widths)).rstrip() for row in rows]
    lines += [f"{name}: {value}" for name, value in report.figures.items()]
    return "\n".join([*lines, *(each[:300] for each in report.wrong), f"wrong: {len(report.wrong)}"])


async def incident(stage: Stage, directory: Path, *, each: int, rate: float) -> Report:
    port = URL(stage.amqp_url).port or 0
    async with connected_broker(stage.amqp_url) as broker, Proxy(port) as line:
        return await Incident(stage, broker, line, directory, each=each, rate=rate).run()


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--each", type=int, default=2000, help="dead letters of each cause")
    parser.add_argument("--rate", type=float, default=250, help="replays a second")
    parser.add_argument("--json", type=Path, help="where to keep the outcome")
    return parser.parse_args()


async def main() -> int:
    given = _arguments()
    logging.getLogger("aiormq").setLevel(logging.CRITICAL)
    with TemporaryDirectory(prefix="checkout-incident-") as temporary:
        directory = Path(temporary)
        async with breakable_services() as services, staged(services, directory, quiet=True) as stage:
            report = await incident(stage, directory, each=given.each, rate=given.rate)
    sys.stdout.write(table(report) + "\n")
    if given.json:
        command = f"python -m tests.faults.incident --each {given.each} --rate {given.rate:g}"
        measured = {"measured": datetime.now(UTC).isoformat(timespec="seconds"), "command": command}
        given.json.write_text(json.dumps(measured | asdict(report), indent=2) + "\n")
    return 1 if report.wrong else 0


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
