"""Exchanges, queues and bindings: as data, declared by deployment, looked at by the worker."""

import asyncio
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any, Final

from aiormq.channel import Channel

from contracts import wire
from worker.amqp.connection import RPC_SECONDS, translated
from worker.errors import TopologyFault

_DELIVERY_LIMIT: Final = 100
_TRY_SECONDS: Final = 2.0
_MAJOR_WITH_DEFAULT_LIMIT: Final = 4


@dataclass(frozen=True, slots=True)
class Exchange:
    name: str
    kind: str
    arguments: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Queue:
    name: str
    arguments: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Binding:
    exchange: str
    queue: str
    routing_key: str = ""


@dataclass(frozen=True, slots=True)
class Topology:
    """What has to be there. Exchanges first: queues name them in their arguments."""

    exchanges: tuple[Exchange, ...]
    queues: tuple[Queue, ...]
    bindings: tuple[Binding, ...]


def topology(broker_major: int) -> Topology:
    """The topology for a broker of this major version.

    RabbitMQ 4 limits deliveries to 20 unless told not to; 3.x takes the word for that, -1, as a limit that is
    exceeded at the first return (seen on 3.10.8).
    """
    unlimited = {"x-delivery-limit": -1} if broker_major >= _MAJOR_WITH_DEFAULT_LIMIT else {}
    return Topology(
        exchanges=(
            Exchange(wire.DEAD_LETTERS_EXCHANGE, "fanout"),
            Exchange(wire.COMMANDS_EXCHANGE, "direct", {"alternate-exchange": wire.DEAD_LETTERS_EXCHANGE}),
            Exchange(wire.RESULTS_EXCHANGE, "topic"),
        ),
        queues=(
            Queue(wire.DEAD_LETTERS_QUEUE, {"x-queue-type": "quorum"} | unlimited),
            _command_queue(wire.CHECKOUT_QUEUE),
            _command_queue(wire.UPDATE_QUEUE),
        ),
        bindings=(
            Binding(wire.DEAD_LETTERS_EXCHANGE, wire.DEAD_LETTERS_QUEUE),
            Binding(wire.COMMANDS_EXCHANGE, wire.CHECKOUT_QUEUE, wire.CHECKOUT_KEY),
            Binding(wire.COMMANDS_EXCHANGE, wire.UPDATE_QUEUE, wire.UPDATE_KEY),
        ),
    )


def _command_queue(name: str) -> Queue:
    arguments = {
        "x-queue-type": "quorum",
        "x-delivery-limit": _DELIVERY_LIMIT,
        "x-dead-letter-exchange": wire.DEAD_LETTERS_EXCHANGE,
        "x-dead-letter-strategy": "at-least-once",
        "x-overflow": "reject-publish",
    }
    return Queue(name, arguments)


def broker_version(channel: Channel) -> str:
    properties: Mapping[str, Any] = channel.connection.server_properties or {}
    return str(properties.get("version", "0"))


def topology_for(channel: Channel) -> Topology:
    """The topology for the broker at the other end of a channel."""
    return topology(int(broker_version(channel).partition(".")[0]))


async def apply(channel: Channel, wanted: Topology) -> None:
    """Declare everything; what is there already stays.

    Raises:
        TopologyFault: something is there, but different.
    """
    for exchange in wanted.exchanges:
        with _differs(exchange.name):
            await channel.exchange_declare(
                exchange=exchange.name,
                exchange_type=exchange.kind,
                durable=True,
                arguments=dict(exchange.arguments),
                timeout=RPC_SECONDS,
            )
    for queue in wanted.queues:
        with _differs(queue.name):
            await channel.queue_declare(
                queue=queue.name, durable=True, arguments=dict(queue.arguments), timeout=RPC_SECONDS
            )
    for binding in wanted.bindings:
        with translated():
            await channel.queue_bind(
                binding.queue, binding.exchange, binding.routing_key, timeout=RPC_SECONDS
            )


async def require(channel: Channel, wanted: Topology) -> None:
    """Look, passively, that queues and exchanges exist.

    Raises:
        TopologyFault: the first that does not.
    """
    for exchange in wanted.exchanges:
        await require_exchange(channel, exchange.name)
    for queue in wanted.queues:
        with _missing("queue", queue.name):
            await channel.queue_declare(queue=queue.name, passive=True, timeout=RPC_SECONDS)


async def require_exchange(channel: Channel, name: str) -> None:
    """Look, passively, that an exchange exists. Raises: TopologyFault."""
    with _missing("exchange", name):
        await channel.exchange_declare(exchange=name, passive=True, timeout=RPC_SECONDS)


async def require_right_to_publish(channel: Channel, *exchanges: str) -> None:
    """Look that the user of this connection may publish to these exchanges.

    A result that is refused costs its command a delivery, again and again. What is tried here is rolled back,
    and reaches nobody. A broker that blocks publishing does not answer: then nothing is known.

    Raises:
        BrokerUnavailable: it may not; names the exchange.
    """
    with translated(), suppress(TimeoutError):
        async with asyncio.timeout(_TRY_SECONDS):
            trying = await channel.connection.channel(publisher_confirms=False)
            await trying.tx_select()
            for exchange in exchanges:
                await trying.basic_publish(b"", exchange=exchange)
                await trying.tx_rollback()
            await trying.close()


@contextmanager
def _differs(name: str) -> Iterator[None]:
    try:
        with translated():
            yield
    except TopologyFault as fault:
        raise TopologyFault(
            f"{name} exists with other arguments: {fault.__cause__}. Arguments cannot be changed: "
            "drain and delete it, or set what may change by a policy"
        ) from fault


@contextmanager
def _missing(kind: str, name: str) -> Iterator[None]:
    try:
        with translated():
            yield
    except TopologyFault as fault:
        raise TopologyFault(f"The {kind} {name} is missing: run `checkout topology apply`") from fault
