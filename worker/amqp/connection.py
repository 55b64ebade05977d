"""A connection and its channels; lost ones are never repaired, the session is opened anew."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from typing import Final, cast

import aio_pika
import aiormq
from aio_pika.abc import AbstractConnection
from aiormq.abc import AbstractConnection as UnderlayConnection
from aiormq.channel import Channel
from yarl import URL

from worker.amqp import frame_shield
from worker.errors import BrokerUnavailable, ConfigurationFault, TopologyFault, reason_of

CONNECT_SECONDS: Final = 10.0
RPC_SECONDS: Final = 10.0
# aiormq 7.2 notices a frozen peer after three heartbeats and as many seconds.
HEARTBEAT_SECONDS: Final = 10
CLOSE_SECONDS: Final = 3.0
_PORTS: Final = {"amqp": 5672, "amqps": 5671}
# Frames that aiormq reads ahead of a channel; its default of 10 makes reader and channel take turns.
_FRAMES: Final = 1024
_DENIED: Final = (
    aiormq.exceptions.AuthenticationError,
    aiormq.exceptions.ProbableAuthenticationError,
)
# aiormq 7.2 raises RuntimeErrors for calls on what is closed already, and StopAsyncIteration where the peer
# hangs up in the middle of the handshake.
_LOST: Final = (aiormq.exceptions.AMQPError, RuntimeError, StopAsyncIteration)


@asynccontextmanager
async def connected(url: str, name: str) -> AsyncIterator[AbstractConnection]:
    """A connection that is closed when the block ends.

    Raises:
        BrokerUnavailable: nobody answers there, or not to these credentials.
        ConfigurationFault: the URL cannot be read.
    """
    connection = await _connect(url, name)
    try:
        yield connection
    finally:
        with suppress(Exception):
            async with asyncio.timeout(CLOSE_SECONDS):
                await connection.close()


async def _connect(url: str, name: str) -> AbstractConnection:
    address = _address(url)
    frame_shield.install()
    try:
        with translated():
            async with asyncio.timeout(CONNECT_SECONDS):
                return await _opened(address, name)
    except BrokerUnavailable as fault:
        port = address.port or _PORTS[address.scheme]
        raise BrokerUnavailable(f"{fault} ({address.host}:{port})") from fault.__cause__


async def _opened(address: URL, name: str) -> AbstractConnection:
    try:
        return await aio_pika.connect(address, client_properties={"connection_name": name})
    except aiormq.exceptions.InvalidFrameError as error:
        # What aiormq 7.2 makes of a virtual host that is not there, or not for this user.
        raise aiormq.exceptions.AuthenticationError from error


def _address(url: str) -> URL:
    """Not the error's text: that may hold the password."""
    try:
        address = URL(url)
    except ValueError:
        address = URL()
    if address.scheme in _PORTS and address.host:
        return address.update_query(heartbeat=HEARTBEAT_SECONDS)
    raise ConfigurationFault(
        "CHECKOUT_AMQP_URL cannot be read. Write it like amqp://user:password@host:5672/vhost, "
        "special characters of the password percent-encoded"
    )


def vhost_of(url: str) -> str:
    """The virtual host that a URL names. Raises: ConfigurationFault: the URL cannot be read."""
    return _address(url).path.removeprefix("/") or "/"


async def lost(connection: AbstractConnection) -> None:
    """Wait until the connection is gone. Raises: BrokerUnavailable."""
    await connection.closed()
    raise BrokerUnavailable("The connection to the broker is lost")


async def open_channel(connection: AbstractConnection) -> Channel:
    """A channel in confirm mode, of the driver below aio-pika.

    aio-pika's own publish waits for the socket under a lock, so that publishes cannot overlap, and its own
    consumer makes a message object that some properties prevent, leaving the delivery without an owner.
    """
    with translated():
        async with asyncio.timeout(RPC_SECONDS):
            if connection.transport is None:
                raise BrokerUnavailable("The connection to the broker is lost")
            return await confirming_channel(connection.transport.connection)


async def confirming_channel(connection: UnderlayConnection) -> Channel:
    """Open a channel; the caller translates faults and sets the deadline."""
    channel = await connection.channel(
        publisher_confirms=True, on_return_raises=True, frame_buffer_size=_FRAMES
    )
    # The abstract channel lacks the books on confirmations.
    return cast("Channel", channel)


@contextmanager
def translated() -> Iterator[None]:
    """Raise our fault in place of the driver's.

    A CancelledError that nobody asked for is how aiormq tells a waiting task that its connection is lost.

    Raises:
        BrokerUnavailable, TopologyFault
    """
    try:
        yield
    except asyncio.CancelledError as error:
        task = asyncio.current_task()
        if task is not None and task.cancelling():
            raise
        raise BrokerUnavailable("The connection to the broker is lost") from error
    except _DENIED as error:
        raise BrokerUnavailable(
            "The broker refuses user, password or virtual host: look at CHECKOUT_AMQP_URL"
        ) from error
    except aiormq.exceptions.ChannelAccessRefused as error:
        raise BrokerUnavailable(
            f"The broker refuses this user a right ({error}): README, `Run it`, says which it needs"
        ) from error
    except aiormq.exceptions.ChannelNotFoundEntity as error:
        raise TopologyFault(f"{error}: run `checkout topology apply`") from error
    except aiormq.exceptions.ChannelPreconditionFailed as error:
        raise TopologyFault(f"{error}: run `checkout topology check`") from error
    except (*_LOST, OSError, TimeoutError) as error:
        raise BrokerUnavailable(f"The broker does not answer: {reason_of(error)}") from error
