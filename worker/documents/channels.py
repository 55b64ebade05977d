"""AsyncAPI channels: exchanges with their routing keys, and queues with their arguments."""

from typing import Any, Final

from contracts import wire
from worker.amqp.topology import Exchange, Queue, topology
from worker.documents.messages import COMMANDS, EVENTS, CommandMessage, EventMessage

_BINDING: Final = "0.3.0"
_BROKER_MAJOR: Final = 4
DEAD_LETTERS: Final = "cart.dead-letters"


def channels() -> dict[str, Any]:
    commands = {each.name: _command_channel(each) for each in COMMANDS}
    events = {str(each.name): _event_channel(each) for each in EVENTS}
    return commands | events | {DEAD_LETTERS: _dead_letter_channel()}


def exchange_and_queues() -> dict[str, Any]:
    """The topology for RabbitMQ 4, and what is different on 3."""
    wanted = topology(_BROKER_MAJOR)
    return {
        "exchanges": [
            {"name": each.name, "type": each.kind, "durable": True, "arguments": dict(each.arguments)}
            for each in wanted.exchanges
        ],
        "queues": [
            {"name": each.name, "durable": True, "arguments": dict(each.arguments)} for each in wanted.queues
        ],
        "bindings": [
            {"exchange": each.exchange, "queue": each.queue, "routingKey": each.routing_key}
            for each in wanted.bindings
        ],
        "onRabbitMQ3": {
            each.name: dict(each.arguments) for each in topology(3).queues if each not in wanted.queues
        },
    }


def _command_channel(command: CommandMessage) -> dict[str, Any]:
    exchange, queue = _exchange(wire.COMMANDS_EXCHANGE), _queue(command.queue)
    return {
        "address": command.name,
        "title": f"The command {command.name}",
        "description": (
            "Publish as mandatory with confirms. The routing key alone names the command; a mistyped one "
            "leads to the dead letters."
        ),
        "messages": {command.name: _ref("messages", command.name)},
        "bindings": _by_key(exchange),
        "x-rabbitmq": _arguments(exchange) | {"queue": queue.name, "queueArguments": dict(queue.arguments)},
    }


def _event_channel(event: EventMessage) -> dict[str, Any]:
    return {
        "address": f"{event.name}.{{source}}",
        "title": f"The event {event.name}",
        "description": "Bind a queue of your own; `*` stands for one word of the routing key, `#` for any.",
        "messages": {str(event.name): _ref("messages", str(event.name))},
        "parameters": {"source": {"$ref": "#/components/parameters/source"}},
        "bindings": _by_key(_exchange(wire.RESULTS_EXCHANGE)),
    }


def _dead_letter_channel() -> dict[str, Any]:
    exchange, queue = _exchange(wire.DEAD_LETTERS_EXCHANGE), _queue(wire.DEAD_LETTERS_QUEUE)
    return {
        "address": queue.name,
        "title": "Dead letters",
        "description": (
            "Messages that were set aside. For operations; subscribers hear the rejected events."
        ),
        "messages": {DEAD_LETTERS: _ref("messages", DEAD_LETTERS)},
        "bindings": {
            "amqp": {
                "is": "queue",
                "queue": {"name": queue.name, "durable": True, "exclusive": False, "autoDelete": False},
                "bindingVersion": _BINDING,
            }
        },
        "x-rabbitmq": _arguments(exchange) | {"queue": queue.name, "queueArguments": dict(queue.arguments)},
    }


def source_parameter() -> dict[str, Any]:
    return {
        "description": (
            "The command's app_id, every character outside [A-Za-z0-9_-] replaced by `-`, at most 200 of "
            f"them, or `{wire.UNKNOWN_SOURCE}`."
        ),
        "examples": ["storefront-eu", wire.UNKNOWN_SOURCE],
    }


def _by_key(exchange: Exchange) -> dict[str, Any]:
    described = {"name": exchange.name, "type": exchange.kind, "durable": True, "autoDelete": False}
    return {"amqp": {"is": "routingKey", "exchange": described, "bindingVersion": _BINDING}}


def _arguments(exchange: Exchange) -> dict[str, Any]:
    return {"exchange": exchange.name, "exchangeArguments": dict(exchange.arguments)}


def _exchange(name: str) -> Exchange:
    return next(each for each in topology(_BROKER_MAJOR).exchanges if each.name == name)


def _queue(name: str) -> Queue:
    return next(each for each in topology(_BROKER_MAJOR).queues if each.name == name)


def _ref(kind: str, name: str) -> dict[str, str]:
    return {"$ref": f"#/components/{kind}/{name}"}
