"""The management API behind an address that is wrong."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from tests.support.in_process import settings_for
from worker.amqp.management import Management
from worker.amqp.topology import topology
from worker.embedded.ports import free_ports
from worker.errors import BrokerUnavailable, ConfigurationFault


def _management(url: str) -> Management:
    return Management(settings_for("amqp://guest:guest@host/", "postgresql://host/x", management_url=url))


async def _told(url: str) -> str:
    with pytest.raises(BrokerUnavailable) as raised:
        await _management(url).differences(topology(4))
    return str(raised.value)


@asynccontextmanager
async def _answering(
    answer: bytes, host: str = "127.0.0.1", asked: list[bytes] | None = None
) -> AsyncIterator[int]:
    """A port at which everybody gets the same answer; who asked what, where that is wanted."""

    async def give(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if asked is not None:
            asked.append(await reader.readuntil(b"\r\n\r\n"))
        writer.write(answer)
        await writer.drain()
        writer.close()

    async with await asyncio.start_server(give, host, 0) as server:
        yield server.sockets[0].getsockname()[1]


def _http(body: bytes, status: bytes = b"200 OK") -> bytes:
    return b"HTTP/1.0 %s\r\nContent-Length: %d\r\n\r\n%s" % (status, len(body), body)


@pytest.mark.parametrize(
    "answer", [b"AMQP\0\0\x09\x01", b"", _http(b"<html>"), _http(b'{"a": 1}'), _http(b"[1]")]
)
async def test_something_else_is_told_as_that(answer: bytes) -> None:
    async with _answering(answer) as port:
        told = await _told(f"http://guest:secret-word@127.0.0.1:{port}")
    assert "CHECKOUT_MANAGEMENT_URL" in told
    assert f"(127.0.0.1:{port})" in told
    assert "secret-word" not in told


async def test_a_refusal_names_password_and_tag() -> None:
    async with _answering(_http(b"", b"401 Unauthorized")) as port:
        told = await _told(f"http://guest:guest@127.0.0.1:{port}")
    assert all(word in told for word in ("password", "`management`", "401"))


async def test_the_password_goes_to_no_other_host() -> None:
    first, second = list[bytes](), list[bytes]()
    async with _answering(_http(b"[]"), asked=second) as elsewhere:
        sent_on = f"HTTP/1.0 302 Found\r\nLocation: http://127.0.0.1:{elsewhere}/\r\n\r\n".encode()
        async with _answering(sent_on, asked=first) as port:
            await _management(f"http://guest:guest@127.0.0.1:{port}").differences(topology(4))
    assert all(b"Authorization: Basic" in each for each in first)
    assert second
    assert not any(b"Authorization" in each for each in second)


async def test_nobody_at_a_port_is_told_with_the_reason() -> None:
    (port,) = free_ports(1)
    told = await _told(f"http://guest:guest@127.0.0.1:{port}")
    assert told.endswith(f"(127.0.0.1:{port}) does not answer: Connection refused")


async def test_an_address_of_ipv6_is_asked() -> None:
    async with _answering(_http(b"[]"), "::1") as port:
        assert await _management(f"http://guest:guest@[::1]:{port}").differences(topology(4)) != []


@pytest.mark.parametrize(("url", "port"), [("http://localhost", 15672), ("https://localhost", 15671)])
async def test_without_a_port_it_is_the_one_that_the_broker_uses(url: str, port: int) -> None:
    assert f"(localhost:{port})" in await _told(url)


@pytest.mark.parametrize(
    "url", ["http://host:none", "ftp://host", "http://", "http://host:0", "http://host:70000"]
)
def test_what_is_no_address_is_a_setting_that_is_wrong(url: str) -> None:
    with pytest.raises(ConfigurationFault, match="CHECKOUT_MANAGEMENT_URL cannot be read"):
        _management(url)
