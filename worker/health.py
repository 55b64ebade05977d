"""Health and metrics over HTTP. No business data is shown here, so that nobody needs to log in."""

import asyncio
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Final

import structlog
import uvicorn
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from uvicorn.protocols.http.h11_impl import H11Protocol

from worker.errors import ConfigurationFault
from worker.settings import Settings
from worker.status import Status
from worker.telemetry import LogEvent

LONGEST_SECONDS: Final = 10.0
_SHUTDOWN_SECONDS: Final = 1

log = structlog.get_logger()


@asynccontextmanager
async def serving(settings: Settings, status: Status) -> AsyncIterator[None]:
    """Answer on CHECKOUT_HTTP_ADDRESS while the block runs.

    Raises:
        ConfigurationFault: the address was set and is taken. The default one, taken, is only warned about.
    """
    listener = _listen(settings)
    if listener is None:
        yield
        return
    server = _Server(
        uvicorn.Config(
            application(status),
            http=_Brief,
            log_config=None,
            access_log=False,
            timeout_graceful_shutdown=_SHUTDOWN_SECONDS,
        )
    )
    task = asyncio.create_task(server.serve(sockets=[listener]))
    try:
        yield
    finally:
        server.should_exit = True
        await task


def application(status: Status) -> Starlette:
    """Live: the event loop turns. Ready: the worker consumes."""

    async def live(_: Request) -> JSONResponse:
        return JSONResponse({"live": True, "version": status.version})

    async def ready(_: Request) -> JSONResponse:
        body = {"ready": status.is_ready, "because": status.because}
        return JSONResponse(body, status_code=200 if status.is_ready else 503)

    async def metrics(_: Request) -> Response:
        return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)

    return Starlette(
        routes=[
            Route("/health/live", live),
            Route("/health/ready", ready),
            Route("/metrics", metrics),
        ]
    )


class _Brief(H11Protocol):
    """A connection that ends in any case.

    uvicorn 0.54 waits for ever for the rest of a request, and each that waits takes a file that the worker
    would need for broker and database.
    """

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        # Not close: that waits for ever for who reads no answer.
        self._end = self.loop.call_later(LONGEST_SECONDS, transport.abort)

    def connection_lost(self, exc: Exception | None) -> None:
        self._end.cancel()
        super().connection_lost(exc)


class _Server(uvicorn.Server):
    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Signals belong to the supervisor."""
        yield


def _listen(settings: Settings) -> socket.socket | None:
    endpoint = settings.http_endpoint
    if endpoint is None:
        return None
    try:
        return socket.create_server(endpoint, family=_family(endpoint[0]))
    except OSError as error:
        address = f"{endpoint[0]}:{endpoint[1]}"
        if settings.http_address is not None:
            raise ConfigurationFault(f"CHECKOUT_HTTP_ADDRESS: {address}: {error.strerror}") from error
        log.warning(LogEvent.HTTP_ADDRESS_TAKEN, address=address, cure="set CHECKOUT_HTTP_ADDRESS, or off")
        return None


def _family(host: str) -> socket.AddressFamily:
    return socket.AF_INET6 if ":" in host else socket.AF_INET
