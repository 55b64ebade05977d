"""README's Python examples, run as they stand there, against a worker."""

import ast
import asyncio
import re
import sys
from pathlib import Path
from typing import Final
from uuid import UUID

import pytest

from tests.support.broker import Broker
from tests.support.eventually import eventually
from tests.support.services import Addresses
from tests.support.worker_process import Workers

README: Final = Path(__file__).parents[2] / "README.md"
EXAMPLE_URL: Final = "amqp://guest:guest@localhost/"
SUBSCRIBER_QUEUE: Final = "storefront-eu.results"


def examples() -> list[str]:
    return re.findall(r"```python\n(.*?)```", README.read_text("utf-8"), re.DOTALL)


async def run(code: str, directory: Path, name: str) -> tuple[asyncio.subprocess.Process, Path]:
    output = directory / f"{name}.log"
    with output.open("wb") as stream:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-u", "-c", code), stdout=stream, stderr=stream
        )
    return process, output


@pytest.fixture
def both(services: Addresses) -> list[str]:
    return [example.replace(EXAMPLE_URL, services.amqp_url) for example in examples()]


async def test_the_examples_publish_a_cart_and_hear_its_result(
    both: list[str], workers: Workers, broker: Broker, tmp_path: Path
) -> None:
    publish, subscribe = both
    await workers.start(catalog="open")
    await broker.keep_events(SUBSCRIBER_QUEUE)
    subscriber, heard = await run(subscribe, tmp_path, "subscriber")
    publisher, _ = await run(publish, tmp_path, "publisher")

    async def printed() -> str:
        return heard.read_text("utf-8")

    try:
        line = await eventually(printed, lambda text: "\n" in text)
    finally:
        subscriber.kill()
        await subscriber.wait()
        await broker.kept_events(SUBSCRIBER_QUEUE)
    assert await publisher.wait() == 0
    event_id, routing_key, orders = line.strip().split(maxsplit=2)
    assert routing_key == "checkout.completed.storefront-eu"
    assert len(UUID(event_id).hex) == len(UUID(ast.literal_eval(orders)[1]).hex)
