"""RabbitMQ's management API: what AMQP cannot show, arguments and bindings."""

import asyncio
import base64
import json
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence
from contextlib import suppress
from http.client import HTTPException
from typing import Any, Final
from urllib.parse import quote

from yarl import URL

from worker.amqp.connection import vhost_of
from worker.amqp.topology import Topology
from worker.errors import BrokerUnavailable, ConfigurationFault, reason_of
from worker.settings import Settings

_SECONDS: Final = 10
_PORTS: Final = {"http": 15672, "https": 15671}


class Management:
    """Reads from the API; the virtual host is the one of the AMQP URL."""

    def __init__(self, settings: Settings) -> None:
        if settings.management_url is None:
            raise ConfigurationFault("CHECKOUT_MANAGEMENT_URL is not set")
        self._url = _address(settings.management_url.get_secret_value())
        self._vhost = quote(vhost_of(settings.amqp), safe="")

    async def differences(self, wanted: Topology) -> list[str]:
        """What is missing or different, a sentence each. Raises: BrokerUnavailable."""
        exchanges, queues, bindings = [
            await asyncio.to_thread(self._get, kind) for kind in ("exchanges", "queues", "bindings")
        ]
        return (
            _compare(
                "exchange", {e.name: {"type": e.kind, **e.arguments} for e in wanted.exchanges}, exchanges
            )
            + _compare("queue", {q.name: dict(q.arguments) for q in wanted.queues}, queues)
            + _missing_bindings(wanted, bindings)
        )

    def _get(self, kind: str) -> list[dict[str, Any]]:
        url = self._url
        address = f"{url.origin()}{url.raw_path.rstrip('/')}/api/{kind}/{self._vhost}"
        token = base64.b64encode(f"{url.user or ''}:{url.password or ''}".encode()).decode()
        request = urllib.request.Request(address, headers={"Authorization": f"Basic {token}"})  # noqa: S310
        where = f"The management API of CHECKOUT_MANAGEMENT_URL ({url.host_port_subcomponent})"
        try:
            with urllib.request.urlopen(request, timeout=_SECONDS) as answer:  # noqa: S310
                return _read(answer.read())
        except urllib.error.HTTPError as error:
            error.close()
            raise BrokerUnavailable(
                f"{where} refuses us ({error}): check user and password; the user needs the tag "
                "`management`, and permissions in the virtual host"
            ) from error
        except OSError as error:
            raise BrokerUnavailable(f"{where} does not answer: {_reason(error)}") from error
        except (HTTPException, ValueError) as error:
            raise BrokerUnavailable(
                f"{where} does not answer like RabbitMQ's management API: check host and port"
            ) from error


def _address(text: str) -> URL:
    """Not the error's text: that may hold the password."""
    with suppress(ValueError):
        url = URL(text)
        if url.scheme in _PORTS and url.host and url.explicit_port != 0:
            return url.with_port(url.explicit_port or _PORTS[url.scheme])
    raise ConfigurationFault(
        "CHECKOUT_MANAGEMENT_URL cannot be read. Write it like http://user:password@host:15672"
    )


def _read(answer: bytes) -> list[dict[str, Any]]:
    """Raises: ValueError: it is not what this API answers."""
    found = json.loads(answer)
    if not isinstance(found, list) or not all(isinstance(each, dict) for each in found):
        raise ValueError
    return found


def _reason(error: OSError) -> str:
    cause = error.reason if isinstance(error, urllib.error.URLError) else error
    return reason_of(cause) if isinstance(cause, Exception) else str(cause)


def _compare(
    kind: str, wanted: Mapping[str, Mapping[str, Any]], found: Sequence[dict[str, Any]]
) -> list[str]:
    by_name = {each["name"]: each for each in found}
    problems = []
    for name, arguments in wanted.items():
        if name not in by_name:
            problems.append(f"{kind} {name} is missing: run `checkout topology apply`")
            continue
        there = by_name[name]
        has = there["arguments"] | ({"type": there["type"]} if kind == "exchange" else {})
        if not there["durable"]:
            problems.append(
                f"{kind} {name} is not durable: drain and delete it, then run `checkout topology apply`"
            )
        problems += _different(kind, name, arguments, has, there.get("effective_policy_definition") or {})
    return problems


def _different(
    kind: str, name: str, wanted: Mapping[str, Any], has: Mapping[str, Any], policy: Mapping[str, Any]
) -> list[str]:
    """A policy may stand in for an argument: its key has no x- in front."""
    return [
        f"{kind} {name} has {key} = {has.get(key)!r}, not {wanted.get(key)!r}: set it by a policy "
        "(if the key allows that), or drain and delete it, then run `checkout topology apply`"
        for key in sorted(wanted.keys() | has.keys())
        if has.get(key) != wanted.get(key)
        and (key not in wanted or policy.get(key.removeprefix("x-")) != wanted[key])
    ]


def _missing_bindings(wanted: Topology, found: Sequence[dict[str, Any]]) -> list[str]:
    there = {(each["source"], each["destination"], each["routing_key"]) for each in found}
    return [
        f"binding {b.exchange} -> {b.queue} ({b.routing_key!r}) is missing: run `checkout topology apply`"
        for b in wanted.bindings
        if (b.exchange, b.queue, b.routing_key) not in there
    ]
