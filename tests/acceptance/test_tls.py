"""Broker and database over TLS, with an authority of one's own, as README writes the URLs."""

import ssl
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import trustme
from yarl import URL

from tests.support.broker import Broker, Subscriber
from tests.support.carts import a_request
from tests.support.command_line import CommandLine
from tests.support.database import Database
from tests.support.services import Addresses
from tests.support.tls_front import broker_over_tls, database_over_tls
from tests.support.worker_process import workers_for

Urls = tuple[URL, URL]


@pytest.fixture
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
async def urls(services: Addresses, database: Database, authority: trustme.CA) -> AsyncIterator[Urls]:
    """Of broker and database, where both speak TLS as `localhost`."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(context)
    async with (
        broker_over_tls(services.amqp_url, context) as to_broker,
        database_over_tls(database.url, context) as to_database,
    ):
        yield to_broker, to_database


def _verified(urls: Urls, by: Path) -> tuple[str, str]:
    """As README writes them."""
    of_database = {"sslmode": "verify-full", "sslrootcert": str(by)}
    return str(urls[0] % {"cafile": str(by)}), str(urls[1] % of_database)


async def test_a_cart_is_ordered_over_tls(
    urls: Urls, authority: trustme.CA, broker: Broker, events: Subscriber, database: Database, tmp_path: Path
) -> None:
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    async with workers_for(*_verified(urls, tmp_path / "ca.pem"), tmp_path) as workers:
        worker = await workers.start()
        await broker.submit(a_request("a"))
        await events.until(1)
        assert await worker.stop() == 0
    assert await database.count("orders") == 1


async def test_a_server_of_another_authority_is_not_trusted(
    urls: Urls, command_line: CommandLine, tmp_path: Path
) -> None:
    trustme.CA().cert_pem.write_to_path(str(tmp_path / "another.pem"))
    broker, database = _verified(urls, tmp_path / "another.pem")
    over_tls = command_line.changed(amqp_url=broker, database_url=database)
    for command, code in ((("topology", "check"), 3), (("orders", "list"), 4)):
        ended = await over_tls.run(*command)
        assert ended.code == code
        assert "CERTIFICATE_VERIFY_FAILED" in ended.err


async def test_a_certificate_that_is_not_there_is_told(
    urls: Urls, command_line: CommandLine, tmp_path: Path
) -> None:
    broker, database = _verified(urls, tmp_path / "nowhere.pem")
    over_tls = command_line.changed(amqp_url=broker, database_url=database)
    for command, code in ((("topology", "check"), 3), (("orders", "list"), 4)):
        ended = await over_tls.run(*command)
        assert (ended.code, "a file is not there" in ended.err) == (code, True)
