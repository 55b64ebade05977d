"""RabbitMQ's management API, for what AMQP cannot do: virtual hosts, users, messages without properties."""

import asyncio
import base64
import json
import urllib.error
import urllib.request
from typing import Any, Final
from urllib.parse import quote, urlsplit

_SECONDS: Final = 20


class ManagementApi:
    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self._root = f"{parts.scheme}://{parts.hostname}:{parts.port}/api"
        self._user = parts.username or ""
        self._token = base64.b64encode(f"{parts.username}:{parts.password}".encode()).decode()

    async def make_vhost(self, name: str) -> None:
        await self._call("PUT", f"/vhosts/{quote(name, safe='')}", {})
        await self.permit(self._user, name)

    async def delete_vhost(self, name: str) -> None:
        await self._call("DELETE", f"/vhosts/{quote(name, safe='')}")

    async def make_user(self, name: str, password: str) -> None:
        await self._call("PUT", f"/users/{name}", {"password": password, "tags": ""})

    async def delete_user(self, name: str) -> None:
        await self._call("DELETE", f"/users/{name}")

    async def permit(
        self, user: str, vhost: str, configure: str = ".*", write: str = ".*", read: str = ".*"
    ) -> None:
        rights = {"configure": configure, "write": write, "read": read}
        await self._call("PUT", f"/permissions/{quote(vhost, safe='')}/{user}", rights)

    async def permit_topics(self, user: str, vhost: str, exchange: str, write: str, read: str) -> None:
        rights = {"exchange": exchange, "write": write, "read": read}
        await self._call("PUT", f"/topic-permissions/{quote(vhost, safe='')}/{user}", rights)

    async def limit_deliveries(self, queue: str, limit: int) -> None:
        """A policy of the default virtual host; the lower of it and the queue's argument holds."""
        policy = {"pattern": f"^{queue}$", "definition": {"delivery-limit": limit}, "apply-to": "queues"}
        await self._call("PUT", "/policies/%2F/tests", policy)

    async def unlimit_deliveries(self) -> None:
        await self._call("DELETE", "/policies/%2F/tests")

    async def limit_length(self, queue: str, limit: int) -> None:
        """A policy of the default virtual host: the queue refuses what comes when it is full."""
        policy = {"pattern": f"^{queue}$", "definition": {"max-length": limit}, "apply-to": "queues"}
        await self._call("PUT", "/policies/%2F/tests-length", policy)

    async def unlimit_length(self) -> None:
        await self._call("DELETE", "/policies/%2F/tests-length")

    async def set_policy(
        self,
        vhost: str,
        name: str,
        definition: dict[str, Any],
        *,
        pattern: str = "^cart\\.",
        by_operator: bool = False,
    ) -> None:
        kind = "operator-policies" if by_operator else "policies"
        policy = {"pattern": pattern, "definition": definition, "apply-to": "queues"}
        await self._call("PUT", f"/{kind}/{quote(vhost, safe='')}/{name}", policy)

    async def policies(self, vhost: str) -> dict[str, dict[str, Any]]:
        """What policies come to, by queue."""
        queues = await self._call("GET", f"/queues/{quote(vhost, safe='')}")
        return {each["name"]: each.get("effective_policy_definition") or {} for each in queues}

    async def import_definitions(self, vhost: str, definitions: dict[str, Any]) -> None:
        await self._call("POST", f"/definitions/{quote(vhost, safe='')}", definitions)

    async def definitions(self, vhost: str) -> dict[str, Any]:
        """What there is in a virtual host."""
        found: dict[str, Any] = await self._call("GET", f"/definitions/{quote(vhost, safe='')}")
        return found

    async def bindings(self, exchange: str) -> int:
        """How many queues are bound to an exchange of the default virtual host."""
        return len(await self._call("GET", f"/exchanges/%2F/{exchange}/bindings/source"))

    async def publish_bare(self, body: bytes, key: str = "cart.checkout") -> None:
        """Publish a message that has no property at all; AMQP drivers make a message id up."""
        message = {
            "properties": {},
            "routing_key": key,
            "payload": base64.b64encode(body).decode(),
            "payload_encoding": "base64",
        }
        answer = await self._call("POST", "/exchanges/%2F/cart.commands/publish", message)
        assert answer == {"routed": True}

    async def _call(self, method: str, path: str, document: object = None) -> Any:
        return await asyncio.to_thread(self._request, method, path, document)

    def _request(self, method: str, path: str, document: object) -> Any:
        request = urllib.request.Request(  # noqa: S310 - the tests' own broker
            self._root + path,
            method=method,
            data=None if document is None else json.dumps(document).encode(),
            headers={"Authorization": f"Basic {self._token}", "Content-Type": "application/json"},
        )
        try:
            with urllib.request.urlopen(request, timeout=_SECONDS) as answer:  # noqa: S310
                content = answer.read()
        except urllib.error.HTTPError as error:
            with error:
                raise AssertionError(f"{method} {path}: {error.code} {error.read()!r}") from None
        return json.loads(content) if content else None
