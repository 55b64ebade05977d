"""The AsyncAPI 3 document of the contract."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any, Final

from pydantic_core import from_json

from worker.checkout.event import Event
from worker.documents import codes, headers
from worker.documents.channels import DEAD_LETTERS, channels, exchange_and_queues, source_parameter
from worker.documents.examples import command_examples, event_examples
from worker.documents.messages import COMMANDS, EVENTS, CommandMessage, EventMessage
from worker.documents.schemas import schemas

CONTRACT_VERSION: Final = "1.0.0"
_JSON: Final = "application/json"
_BINDING: Final = "0.3.0"
_DESCRIPTION: Final = (
    "Storefronts put carts on RabbitMQ; the worker makes one order per order group and publishes the result. "
    "At-least-once in, effects exactly once, at-least-once out: deduplicate events by their message_id. "
    "What may change and what never does stands in contracts/README.md."
)


def asyncapi() -> dict[str, Any]:
    """The whole document; references stay inside of it."""
    return {
        "asyncapi": "3.0.0",
        "id": "urn:cart-checkout",
        "info": {
            "title": "Cart checkout",
            "version": CONTRACT_VERSION,
            "description": _DESCRIPTION,
            "license": {"name": "MIT"},
        },
        "defaultContentType": _JSON,
        "channels": channels(),
        "operations": _operations(),
        "components": {
            "messages": _messages(),
            "schemas": {name: _embedded(name, schema) for name, schema in schemas().items()},
            "correlationIds": {"correlation_id": _correlation_id()},
            "parameters": {"source": source_parameter()},
        },
        "x-rabbitmq": exchange_and_queues(),
        "x-codes": {
            "orderErrorCode": [asdict(each) for each in codes.order_codes()],
            "cartErrorCode": [asdict(each) for each in codes.line_codes()],
            "deadLetterCode": [asdict(each) for each in codes.dead_letter_codes()],
        },
    }


def _operations() -> dict[str, Any]:
    received = {f"receive.{each.name}": _operation("receive", each.name, {"ack": True}) for each in COMMANDS}
    persistent = {"deliveryMode": 2, "mandatory": True}
    sent = {
        f"send.{name}": _operation("send", name, persistent)
        for name in (*(str(each.name) for each in EVENTS), DEAD_LETTERS)
    }
    return received | sent


def _operation(action: str, channel: str, binding: Mapping[str, Any]) -> dict[str, Any]:
    reference = f"#/channels/{channel}"
    return {
        "action": action,
        "channel": {"$ref": reference},
        "summary": f"The worker {action}s {channel}.",
        "bindings": {"amqp": {**binding, "bindingVersion": _BINDING}},
        "messages": [{"$ref": f"{reference}/messages/{channel}"}],
    }


def _messages() -> dict[str, Any]:
    examples = event_examples()
    commands = {each.name: _command(each) for each in COMMANDS}
    events = {str(each.name): _event(each, examples) for each in EVENTS}
    return commands | events | {DEAD_LETTERS: _dead_letter()}


def _command(command: CommandMessage) -> dict[str, Any]:
    found = command_examples(command.name)
    return _message(command.name, (command.body.__doc__ or "").partition("\n")[0]) | {
        "headers": headers.command_headers(),
        "payload": {"$ref": f"#/components/schemas/{command.schema}"},
        "x-amqp-properties": headers.COMMAND_PROPERTIES,
        "examples": [
            {"name": name, "summary": about, "payload": from_json(body)} for name, about, body in found
        ],
    }


def _event(event: EventMessage, examples: Mapping[str, Event]) -> dict[str, Any]:
    found = {path: each for path, each in examples.items() if each.type == event.name}
    return _message(str(event.name), event.meaning, str(event.name)) | {
        "headers": headers.event_headers(),
        "payload": {"$ref": f"#/components/schemas/{event.schema}"},
        "x-amqp-properties": headers.EVENT_PROPERTIES,
        "examples": [
            {
                "name": path.rpartition("/")[2].removesuffix(".json"),
                "headers": headers.sent_headers(each),
                "payload": from_json(each.body),
            }
            for path, each in found.items()
        ],
    }


def _dead_letter() -> dict[str, Any]:
    summary = "A message as it came, body and properties, with the reason why it was set aside."
    return _message(DEAD_LETTERS, summary) | {
        "contentType": "application/octet-stream",
        "headers": headers.dead_letter_headers(),
        "x-amqp-properties": headers.COMMAND_PROPERTIES,
    }


def _message(name: str, summary: str, message_type: str | None = None) -> dict[str, Any]:
    binding = {"bindingVersion": _BINDING} | ({"messageType": message_type} if message_type else {})
    return {
        "name": name,
        "title": name,
        "summary": summary,
        "contentType": _JSON,
        "correlationId": {"$ref": "#/components/correlationIds/correlation_id"},
        "bindings": {"amqp": binding},
    }


def _correlation_id() -> dict[str, str]:
    return {
        "description": "The AMQP property correlation_id.",
        "location": "$message.header#/correlation_id",
    }


def _embedded(name: str, value: Any) -> Any:
    """A schema inside of the document: its references are relative to the document's root."""
    if isinstance(value, dict):
        return {
            key: member.replace("#/definitions/", f"#/components/schemas/{name}/definitions/")
            if key == "$ref"
            else _embedded(name, member)
            for key, member in value.items()
            if key not in {"$schema", "$id"}
        }
    return [_embedded(name, member) for member in value] if isinstance(value, list) else value
