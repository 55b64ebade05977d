"""`checkout topology`: exchanges, queues and bindings."""

from collections.abc import Iterator

from aiormq.channel import Channel

from worker.amqp.connection import confirming_channel, vhost_of
from worker.amqp.definitions import definitions
from worker.amqp.management import Management
from worker.amqp.topology import Topology, broker_version, require, topology, topology_for
from worker.amqp.topology import apply as declare
from worker.cli.exit import Exit
from worker.cli.group import command_group
from worker.cli.output import AsJson, DryRun, console, print_json
from worker.cli.services import broker
from worker.errors import TopologyFault
from worker.settings import Settings

app = command_group(
    "topology", about="Exchanges, queues and bindings; managed by deployment, not by the worker."
)


@app.command
async def apply(*, dry_run: DryRun = False) -> None:
    """Declare what is missing; what exists but differs is reported, never changed.

    Parameters
    ----------
    dry_run
        Only print what exists, with whatever arguments, and what would be declared; bindings are seen over
        the management API (CHECKOUT_MANAGEMENT_URL) only.
    """
    settings = Settings.load()
    async with broker(settings) as channel:
        wanted = topology_for(channel)
        if not dry_run:
            await declare(channel, wanted)
        for name, part in _parts(wanted):
            told = await _would(settings, channel, part) if dry_run else "ok"
            console.print(f"{told}: {name}")


def _parts(wanted: Topology) -> Iterator[tuple[str, Topology]]:
    """Each exchange, queue and binding, alone."""
    for exchange in wanted.exchanges:
        yield f"exchange {exchange.name}", Topology((exchange,), (), ())
    for queue in wanted.queues:
        yield f"queue {queue.name}", Topology((), (queue,), ())
    for each in wanted.bindings:
        key = f" ({each.routing_key})" if each.routing_key else ""
        yield f"binding {each.exchange} -> {each.queue}{key}", Topology((), (), (each,))


async def _would(settings: Settings, channel: Channel, part: Topology) -> str:
    """What an apply would do about a part that stands alone."""
    if not part.bindings:
        problems = await _missing(await confirming_channel(channel.connection), part)
    elif settings.management_url:
        problems = await Management(settings).differences(part)
    else:
        return "not seen"
    return "would declare" if problems else "ok"


@app.command
async def check(*, json: AsJson = False) -> int:
    """Compare the topology of the broker with the one that the worker needs.

    Arguments, policies and bindings can only be seen over the management API (CHECKOUT_MANAGEMENT_URL).
    """
    settings = Settings.load()
    async with broker(settings) as channel:
        wanted, version = topology_for(channel), broker_version(channel)
        if settings.management_url is None:
            problems = await _missing(channel, wanted)
            unseen = ["arguments, policies and bindings: set CHECKOUT_MANAGEMENT_URL to check them"]
        else:
            problems = await Management(settings).differences(wanted)
            unseen = []
    if json:
        print_json({"brokerVersion": version, "problems": problems, "notSeen": unseen})
    else:
        for line in (*problems, *(f"not checked: {each}" for each in unseen)):
            console.print(line)
        if not problems:
            console.print(f"RabbitMQ {version}: no differences found")
    return Exit.PROBLEMS if problems else Exit.OK


async def _missing(channel: Channel, wanted: Topology) -> list[str]:
    """The first that is missing: the broker closes the channel that asked for it."""
    try:
        await require(channel, wanted)
    except TopologyFault as fault:
        return [str(fault)]
    return []


@app.command
def export(*, broker_major: int = 4, vhost: str | None = None) -> None:
    """Print the topology as a RabbitMQ definitions file.

    Parameters
    ----------
    broker_major
        The major version of the broker that will load the file.
    vhost
        The virtual host of the exchanges and queues. Default: that of CHECKOUT_AMQP_URL if set, else /.
    """
    url = Settings.load().amqp_url
    if vhost is None:
        vhost = vhost_of(url.get_secret_value()) if url else "/"
    print_json(definitions(topology(broker_major), vhost))
