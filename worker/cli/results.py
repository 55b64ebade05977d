"""`checkout results`: follow events, or send stored ones again."""

import asyncio
from contextlib import suppress
from datetime import UTC, datetime
from typing import Annotated, Any

from cyclopts import Parameter, validators

from contracts.wire import RESULTS_EXCHANGE
from worker.amqp.encode import encode
from worker.amqp.outgoing import Receipt
from worker.amqp.publisher import Publisher
from worker.amqp.subscription import EVERYTHING, SubscribedEvent, Subscription
from worker.cli.exit import Exit
from worker.cli.group import command_group
from worker.cli.moment import Moment, moment_of
from worker.cli.output import AsJson, DryRun, Limit, Name, console, counted, errors, print_line, safe
from worker.cli.services import broker, database, publishing
from worker.errors import ConfigurationFault, PublishNotConfirmed
from worker.postgres.stored_events import StoredEvent, StoredEvents
from worker.settings import Settings

_PAGE = 200

Seconds = Annotated[float, Parameter(validator=validators.Number(gte=0))]

app = command_group("results", about="Follow the events that the worker publishes, or republish stored ones.")


@app.default
async def follow(
    *,
    count: Limit | None = None,
    timeout: Seconds | None = None,  # noqa: ASYNC109 - the option's name is part of the interface
    key: Name = EVERYTHING,
    json: Annotated[AsJson, Parameter(help="Print one JSON document per line.")] = False,
) -> int:
    """Print events as they arrive.

    Parameters
    ----------
    count
        Stop after this many events; exit code 1 if fewer arrived.
    timeout
        Stop after this many seconds.
    key
        Binding key, such as checkout.*.storefront-eu.
    """
    seen = 0
    async with broker(Settings.load()) as channel:
        subscription = Subscription()
        await subscription.open(channel, key)
        errors.print(f"listening to {key}; press Ctrl-C to stop")
        with suppress(TimeoutError):
            async with asyncio.timeout(timeout):
                while count is None or seen < count:
                    _print(await subscription.next(), as_json=json)
                    seen += 1
    if count is None or seen >= count:
        return Exit.OK
    errors.print(f"{seen:,} of {count:,} events arrived")
    return Exit.PROBLEMS


def _print(event: SubscribedEvent, *, as_json: bool) -> None:
    document = event.document()
    if as_json:
        print_line(document)
        return
    told = safe(f"{event.routing_key}  {_gist(document['body'])}")
    console.print(told, soft_wrap=True)


def _gist(body: object) -> str:
    if not isinstance(body, dict):
        return "not one of the worker's events"
    if "code" in body:
        return f"{body['code']}: {body.get('description')}"
    codes = [
        f"{each.get('orderGroupId')!r} {each.get('code')} ({each.get('description')})"
        for each in _objects(body.get("orderErrors"))
    ]
    told = ", ".join(codes)
    if "lineItems" in body:
        lines = counted(len(_objects(body["lineItems"])), "line")
        bad = f", cannot be ordered: {told}" if told else ""
        return f"cart {body.get('cartId')} version {body.get('cartVersion')}: {lines}{bad}"
    orders = counted(len(_objects(body.get("orders"))), "order")
    return f"cart {body.get('cartId')}: {orders}" + (f", failed {told}" if told else "")


def _objects(found: object) -> list[dict[str, Any]]:
    """Others may publish here too: what is no list of objects is none."""
    return [each for each in found if isinstance(each, dict)] if isinstance(found, list) else []


@app.command
async def republish(
    *,
    since: Moment | None = None,
    returned: Annotated[bool, Parameter(negative="")] = False,
    source: str | None = None,
    dry_run: DryRun = False,
) -> int:
    """Publish stored events again, with their original ids, routing keys and bodies, to every bound queue.

    Parameters
    ----------
    since
        Only events stored since then: a time, UTC unless it names a zone, or an age such as 2h or 30m.
    returned
        Only events that were returned because no queue was bound.
    source
        Only events for this source, spelt as in the routing key.
    dry_run
        Only print how many events there are.
    """
    if since is None and not returned:
        raise ConfigurationFault("pass --since TIME, --returned, or both")
    start = datetime.min.replace(tzinfo=UTC) if since is None else moment_of(since, "--since")
    settings = Settings.load()
    sent = unheard = 0
    async with database(settings) as pool, publishing(settings, RESULTS_EXCHANGE) as channel:
        stored, publisher = StoredEvents(pool), Publisher(channel)
        async for page in stored.pages(start, returned=returned, source=source, size=_PAGE):
            sent += len(page)
            unheard += 0 if dry_run else await _republish(stored, publisher, page)
    told = "would be sent" if dry_run else f"sent, {unheard:,} returned again"
    console.print(f"{counted(sent, 'event')} {told}")
    if unheard:
        errors.print(f"no queue is bound for those: bind one to {RESULTS_EXCHANGE}, then run this again")
    return Exit.PROBLEMS if unheard else Exit.OK


async def _republish(stored: StoredEvents, publisher: Publisher, page: list[StoredEvent]) -> int:
    receipts = await publisher.publish([encode(each.event) for each in page])
    pairs = list(zip(page, receipts, strict=True))
    known = [
        each.mark(returned=receipt is Receipt.RETURNED)
        for each, receipt in pairs
        if receipt in {Receipt.CONFIRMED, Receipt.RETURNED}
    ]
    await stored.republished(known)
    if unknown := len(page) - len(known):
        raise PublishNotConfirmed(f"the broker did not confirm {counted(unknown, 'event')}: run this again")
    return receipts.count(Receipt.RETURNED)
