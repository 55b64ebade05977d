"""The topology as a RabbitMQ definitions file."""

from typing import Any

from worker.amqp.topology import Topology


def definitions(topology: Topology, vhost: str) -> dict[str, Any]:
    """As `load_definitions` and the management API take it."""
    everywhere = {"vhost": vhost}
    return {
        "exchanges": [
            {"name": e.name, "type": e.kind, "durable": True, "auto_delete": False, "internal": False}
            | everywhere
            | {"arguments": dict(e.arguments)}
            for e in topology.exchanges
        ],
        "queues": [
            {"name": q.name, "durable": True, "auto_delete": False}
            | everywhere
            | {"arguments": dict(q.arguments)}
            for q in topology.queues
        ],
        "bindings": [
            {"source": b.exchange, "destination": b.queue, "destination_type": "queue"}
            | everywhere
            | {"routing_key": b.routing_key, "arguments": {}}
            for b in topology.bindings
        ],
    }
