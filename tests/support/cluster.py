"""Three RabbitMQ nodes of one cluster on this machine, each of which may be killed."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from secrets import token_hex
from typing import Final

from worker.embedded.ports import free_ports
from worker.embedded.rabbitmq import RabbitMQ

NODES: Final = ("one", "two", "three")


class Node(RabbitMQ):
    """One of them. All share the epmd by which they find each other, and a cookie."""

    def __init__(self, directory: Path, name: str, epmd: int, cookie: str) -> None:
        peers = {
            f"cluster_formation.classic_config.nodes.{number}": f"{each}@localhost"
            for number, each in enumerate(NODES, 1)
        }
        formation = {
            "cluster_formation.peer_discovery_backend": "classic_config",
            "cluster_formation.target_cluster_size_hint": str(len(NODES)),
            "cluster_partition_handling": "pause_minority",
            "net_ticktime": "15",
        }
        super().__init__(directory, formation | peers)
        self._name, self._epmd = name, epmd
        secret = directory / ".erlang.cookie"
        secret.write_text(cookie, "utf-8")
        secret.chmod(0o400)

    def _environment(self) -> dict[str, str]:
        return super()._environment() | {"RABBITMQ_NODENAME": f"{self._name}@localhost"}


@asynccontextmanager
async def a_cluster(directory: Path) -> AsyncIterator[list[Node]]:
    """Nodes that have found each other, the first one first."""
    (epmd,) = free_ports(1)
    cookie = token_hex(16)
    async with AsyncExitStack() as stack:
        nodes = []
        for name in NODES:
            home = directory / name
            home.mkdir()
            node = Node(home, name, epmd, cookie)
            nodes.append(node)
            await node.start()
            stack.push_async_callback(node.stop)
        yield nodes
