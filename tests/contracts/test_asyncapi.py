"""The committed AsyncAPI document: consistent in itself, and with what the worker does."""

from typing import Any

import pytest
from jsonschema import Draft7Validator

from contracts.codes import CartErrorCode, DeadLetterCode, OrderErrorCode
from contracts.wire import DeadLetterHeader, EventType
from tests.contracts.documents import ASYNCAPI, SCHEMAS, nodes
from worker.amqp.topology import topology

COMMANDS = ("cart.checkout", "cart.update")
DEAD_LETTERS = "cart.dead-letters"
MESSAGES: dict[str, dict[str, Any]] = ASYNCAPI["components"]["messages"]
WITH_EXAMPLES = [name for name in MESSAGES if name != DEAD_LETTERS]


def resolved(reference: str) -> Any:
    value: Any = ASYNCAPI
    for step in reference.removeprefix("#/").split("/"):
        value = value[step]
    return value


def accepts(schema: dict[str, Any], value: Any) -> bool:
    """Whether a schema of the document takes a value; its references start at the document's root."""
    return bool(Draft7Validator({**ASYNCAPI, "allOf": [schema]}).is_valid(value))


def test_every_reference_leads_somewhere_inside_of_the_document() -> None:
    references = [node["$ref"] for _, node in nodes(ASYNCAPI) if isinstance(node.get("$ref"), str)]

    assert references
    assert all(isinstance(resolved(reference), dict) for reference in references)


def test_each_message_has_its_channel_and_its_operation_as_the_worker_sees_it() -> None:
    assert set(ASYNCAPI["channels"]) == set(MESSAGES) == {*COMMANDS, *map(str, EventType), DEAD_LETTERS}
    for operation in ASYNCAPI["operations"].values():
        (message,) = operation["messages"]
        assert message["$ref"].startswith(operation["channel"]["$ref"] + "/messages/")
        name = resolved(resolved(message["$ref"])["$ref"])["name"]
        assert operation["action"] == ("receive" if name in COMMANDS else "send")
    assert len(ASYNCAPI["operations"]) == len(MESSAGES)


def test_the_addresses_are_the_routing_keys() -> None:
    addresses = {name: channel["address"] for name, channel in ASYNCAPI["channels"].items()}

    assert addresses == {
        **{name: name for name in (*COMMANDS, DEAD_LETTERS)},
        **{str(event): f"{event}.{{source}}" for event in EventType},
    }


def test_the_payloads_are_the_committed_schemas() -> None:
    for name, schema in SCHEMAS.items():
        embedded = ASYNCAPI["components"]["schemas"][name]
        assert embedded["properties"].keys() == schema["properties"].keys()
        assert embedded["definitions"].keys() == schema["definitions"].keys()
        assert embedded["description"] == schema["description"]
    assert ASYNCAPI["components"]["schemas"].keys() == SCHEMAS.keys()


@pytest.mark.parametrize("name", WITH_EXAMPLES)
def test_the_examples_are_valid_by_the_document_itself(name: str) -> None:
    message = MESSAGES[name]

    assert message["examples"]
    for example in message["examples"]:
        assert accepts(message["payload"], example["payload"]), example["name"]
        assert accepts(message["headers"], example.get("headers", {})), example["name"]
    assert not accepts(message["payload"], {"customerId": 5})


@pytest.mark.parametrize("event", list(EventType))
def test_an_event_s_headers_are_all_described(event: EventType) -> None:
    message = MESSAGES[event]

    for example in message["examples"]:
        assert example["headers"].keys() <= message["headers"]["properties"].keys()
        assert example["headers"]["ce-type"] == event
    assert message["bindings"]["amqp"]["messageType"] == event


def test_the_headers_of_a_dead_letter_are_all_described() -> None:
    assert set(MESSAGES[DEAD_LETTERS]["headers"]["properties"]) == set(map(str, DeadLetterHeader))


def test_the_queues_have_the_arguments_that_are_declared() -> None:
    wanted = topology(4)

    assert {each["name"]: each["arguments"] for each in ASYNCAPI["x-rabbitmq"]["queues"]} == {
        queue.name: queue.arguments for queue in wanted.queues
    }
    assert {each["name"]: each["arguments"] for each in ASYNCAPI["x-rabbitmq"]["exchanges"]} == {
        exchange.name: exchange.arguments for exchange in wanted.exchanges
    }
    for name in (*COMMANDS, DEAD_LETTERS):
        (queue,) = (each for each in wanted.queues if each.name == name)
        assert ASYNCAPI["channels"][name]["x-rabbitmq"]["queueArguments"] == queue.arguments


def test_the_codes_are_codes_of_the_contract() -> None:
    codes = {kind: {each["code"] for each in found} for kind, found in ASYNCAPI["x-codes"].items()}

    assert codes["deadLetterCode"] == set(map(str, DeadLetterCode))
    assert codes["orderErrorCode"] == set(map(int, OrderErrorCode))
    assert codes["cartErrorCode"] < set(map(int, CartErrorCode))
