"""The story of the demonstration, from nothing to a closing table."""

import asyncio
import sys
from collections.abc import Mapping, Sequence
from importlib.resources import files
from pathlib import Path
from time import monotonic
from typing import Any, Final

from pydantic_core import from_json, to_json
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from contracts.wire import DEAD_LETTERS_QUEUE
from worker.amqp.connection import RPC_SECONDS
from worker.amqp.outgoing import Outgoing
from worker.amqp.producer import command_message
from worker.amqp.publisher import Publisher
from worker.amqp.subscription import SubscribedEvent, Subscription
from worker.demo.carts import DemoCart, generated_carts, telling_carts
from worker.demo.listener import Listener
from worker.demo.stage import Stage, a_stage, a_worker
from worker.demo.totals import Row, table_of, totals
from worker.demo.worker_process import WorkerProcess
from worker.outbox import FLUSH_SECONDS
from worker.postgres.dead_letters import DeadLetters
from worker.postgres.lookups import Lookups

_ANSWER_SECONDS: Final = 30.0
_FLIGHT: Final = 200
_SOURCE: Final = "demo"


async def run_demo(console: Console, *, carts: int, keep: bool) -> bool:
    """Show the main job on services of its own; true if everything came out as it should."""
    console.print("[bold]1[/] Starting a private RabbitMQ, a private PostgreSQL, and a worker ...")
    async with a_stage() as stage, a_worker(stage) as worker:
        subscription = Subscription()
        await subscription.open(stage.channel)
        good = await _Demo(console, stage, Listener(subscription)).run(carts)
        if keep:
            await _keep(console, stage, worker)
    return good


class _Demo:
    def __init__(self, console: Console, stage: Stage, listener: Listener) -> None:
        self._console = console
        self._stage = stage
        self._listener = listener
        self._publisher = Publisher(stage.channel)

    async def run(self, count: int) -> bool:
        telling, many = telling_carts(), list(generated_carts(count))
        await self._show_telling(telling)
        await self._show_an_order()
        seconds = await self._show_many(many)
        rows = await self._totals([*telling, *many])
        self._console.print(table_of(rows))
        good = all(row.is_right for row in rows)
        verdict = "[green]Everything" if good else "[red]Not everything"
        self._console.print(f"{verdict} came out as it should[/]: {len(many):,} carts in {seconds:.1f} s.")
        return good

    async def _show_telling(self, carts: Sequence[DemoCart]) -> None:
        self._console.print("[bold]2[/] A few carts, and what the worker says of each:")
        for cart in carts:
            await self._publisher.publish([_message(cart)])
            self._console.print(f"  {cart.what}")
            async with asyncio.timeout(_ANSWER_SECONDS):
                self._console.print(_gist(await self._listener.next()), markup=False, highlight=False)

    async def _show_many(self, carts: Sequence[DemoCart]) -> float:
        """How many seconds they took, from the first publish to the last result."""
        self._console.print(f"[bold]4[/] {len(carts):,} generated carts:")
        started = monotonic()
        columns = (TextColumn("  results"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
        with Progress(*columns, console=self._console) as progress:
            task = progress.add_task("results", total=len(carts))
            publishing = asyncio.create_task(self._publish(carts))
            for _ in carts:
                async with asyncio.timeout(_ANSWER_SECONDS):
                    await self._listener.next()
                progress.advance(task)
            await publishing
        return monotonic() - started

    async def _publish(self, carts: Sequence[DemoCart]) -> None:
        for start in range(0, len(carts), _FLIGHT):
            await self._publisher.publish([_message(cart) for cart in carts[start : start + _FLIGHT]])

    async def _show_an_order(self) -> None:
        self._console.print("[bold]3[/] One of these orders, as `checkout orders show` prints it:")
        lookups = Lookups(self._stage.pool)
        newest = (await lookups.orders(None, None, limit=1))[0]
        order = await lookups.order(str(newest["order_id"]))
        self._console.print_json(to_json(order).decode())

    async def _totals(self, carts: Sequence[DemoCart]) -> list[Row]:
        """The last marks are written within a second, so the table waits for them."""
        await asyncio.sleep(2 * FLUSH_SECONDS)
        stored = await Lookups(self._stage.pool).totals()
        queue = await self._stage.channel.queue_declare(DEAD_LETTERS_QUEUE, passive=True, timeout=RPC_SECONDS)
        archived = await DeadLetters(self._stage.pool).count()
        return totals(carts, self._listener, stored, archived + (queue.message_count or 0))


def to_paste(environment: Mapping[str, str]) -> list[str]:
    """Shell commands that show these services at work."""
    lines = [f"export {name}={value}" for name, value in environment.items()]
    lines += [f"export PATH={Path(sys.executable).parent}:$PATH", "checkout check"]
    # An answer that comes before anybody listens is gone.
    return [
        *lines,
        "checkout results & sleep 3",
        f"checkout submit {files(__package__).joinpath('cart.json')}",
    ]


async def _keep(console: Console, stage: Stage, worker: WorkerProcess) -> None:
    """Until Ctrl-C, which is how this is meant to end."""
    console.print("\nEverything keeps running until Ctrl-C. In another terminal:\n")
    for line in to_paste(stage.environment):
        console.out(f"  {line}", highlight=False)
    console.out(f"\n  worker health: {worker.url}/health/ready", highlight=False)
    console.out(f"  worker metrics: {worker.url}/metrics", highlight=False)
    console.out(f"  RabbitMQ, as guest: {stage.services.rabbitmq.management_url}", highlight=False)
    try:
        await asyncio.Event().wait()
    except asyncio.CancelledError:
        console.print("\nStopping ...")


def _message(cart: DemoCart) -> Outgoing:
    return command_message(cart.body, cart.key, source=_SOURCE, message_id=cart.message_id)


def _gist(event: SubscribedEvent) -> str:
    body = from_json(event.body)
    lines = [f"    -> {event.routing_key}"]
    lines += [f"       order {each['id']} {_items(each)}" for each in body.get("orders", ())]
    lines += [
        f"       group {each['orderGroupId']!r} failed, {each['code']}: {each['description']}"
        for each in body.get("orderErrors", ())
    ]
    lines += [f"       {_said_of(line)}" for line in body.get("lineItems", ())]
    if "deadLettered" in body:
        lines.append(f"       dead letter, {body['code']}: {body['description']}")
    return "\n".join(lines)


def _said_of(line: dict[str, Any]) -> str:
    asked = f"line {line['id']}, group {line['orderGroup']!r}: {line['quantity']} x {line['catalogItemId']}"
    error = line.get("error")
    return f"{asked}, {error['errorCode']}: {error['errorDescription']}" if error else asked


def _items(order: dict[str, list[dict[str, object]]]) -> str:
    lines = ", ".join(f"{line['quantity']} x {line.get('friendlyName')}" for line in order["lineItems"])
    return f"({order['billingCycle']}): {lines}"
