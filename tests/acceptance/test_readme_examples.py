"""README's Python examples, run as they stand there, against a worker, by users of README's least rights."""

import ast
import asyncio
import re
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Final
from uuid import UUID

import pytest
from aiormq.exceptions import ChannelAccessRefused
from yarl import URL

from tests.support.broker import UPDATE, Broker, connected_broker
from tests.support.broker_user import broker_user
from tests.support.carts import a_request
from tests.support.eventually import eventually
from tests.support.management import ManagementApi
from tests.support.readme import README, block
from tests.support.services import Addresses
from tests.support.worker_process import Workers

SUBSCRIBER_QUEUE: Final = "storefront-eu.results"


def examples() -> list[str]:
    return re.findall(r"```python\n(.*?)```", README.read_text("utf-8"), re.DOTALL)


def rights(of: str) -> dict[str, str]:
    """Those that README says are enough."""
    (line,) = (line for line in block("rights").splitlines() if line.endswith(of))
    return dict(zip(("configure", "write", "read"), re.findall(r"'([^']*)'", line), strict=True))


def topics() -> list[str]:
    """What a subscriber may bind to: the exchange, and the patterns of keys to write and to read."""
    (line,) = (line for line in block("topics").splitlines() if line.startswith("rabbitmqctl"))
    exchange, write, read = line.split()[-3:]
    return [exchange, write.strip("'"), read.strip("'")]


async def run(code: str, url: URL, directory: Path, name: str) -> tuple[asyncio.subprocess.Process, Path]:
    output = directory / f"{name}.log"
    with output.open("wb") as stream:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-u", "-c", code),
            stdout=stream,
            stderr=stream,
            env={"CHECKOUT_AMQP_URL": str(url)},
        )
    return process, output


@pytest.fixture
async def producer(services: Addresses, management: ManagementApi) -> AsyncIterator[URL]:
    async with broker_user(services, management) as made:
        await made.permit(**rights("who publishes carts"))
        yield made.url


@pytest.fixture
async def listener(services: Addresses, management: ManagementApi) -> AsyncIterator[URL]:
    async with broker_user(services, management) as made:
        await made.permit(**rights("who subscribes, as above"))
        await made.permit_topics(*topics())
        yield made.url


async def test_the_examples_publish_a_cart_and_hear_its_result(
    producer: URL, listener: URL, workers: Workers, broker: Broker, tmp_path: Path
) -> None:
    publish, subscribe = examples()
    await workers.start(catalog="open")
    await broker.keep_events(SUBSCRIBER_QUEUE)
    subscriber, heard = await run(subscribe, listener, tmp_path, "subscriber")
    publisher, _ = await run(publish, producer, tmp_path, "publisher")

    async def printed() -> str:
        return heard.read_text("utf-8")

    try:
        line = await eventually(printed, lambda text: "\n" in text)
        await broker.submit(a_request("a"), key=UPDATE)
        both = await eventually(printed, lambda text: text.count("\n") > 1)
    finally:
        subscriber.kill()
        await subscriber.wait()
        await broker.kept_events(SUBSCRIBER_QUEUE)
    assert await publisher.wait() == 0
    event_id, routing_key, orders = line.strip().split(maxsplit=2)
    assert routing_key == "checkout.completed.storefront-eu"
    assert len(UUID(event_id).hex) == len(UUID(ast.literal_eval(orders)[1]).hex)
    assert both.splitlines()[1].split()[1:] == ["cart.updated.storefront-eu", "[]"]


@pytest.mark.parametrize("key", ["#", "*.*.*", "checkout.*.other", "checkout.*.*", "*.*.storefront-eu.#"])
async def test_a_subscriber_hears_no_other_source(listener: URL, broker: Broker, key: str) -> None:  # noqa: ARG001 - purged first
    async with connected_broker(str(listener)) as own:
        with pytest.raises(ChannelAccessRefused, match="access to topic"):
            await own.keep_events(SUBSCRIBER_QUEUE, key=key)
    async with connected_broker(str(listener)) as own:
        await own.keep_events(SUBSCRIBER_QUEUE, key="*.*.storefront-eu")
        await own.give_up(SUBSCRIBER_QUEUE)
