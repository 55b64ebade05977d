"""A link as the contract writes it, that of `contracts.order.Link`."""

from typing import Any


def link(uri: str, *, method: str = "GET") -> dict[str, Any]:
    return {"uri": uri, "method": method, "headers": []}
