"""CloudEvents in binary mode over the real broker, written and read by the official package."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from aiormq import spec
from cloudevents.core.bindings.amqp import to_binary_event as to_amqp
from cloudevents.core.bindings.rabbitmq import RabbitMQMessage, from_rabbitmq_event
from cloudevents.core.bindings.rabbitmq import to_binary_event as to_rabbitmq
from cloudevents.core.v1.event import CloudEvent

from tests.support.broker import Broker, Subscriber
from tests.support.carts import Request, a_request

pytestmark = pytest.mark.usefixtures("worker")


class _WithoutMessageId(spec.Basic.Properties):
    """The driver makes up a message id when it publishes; other clients do not."""

    def marshal(self) -> bytes:
        self.message_id = None
        return super().marshal()


def _wanted(request: Request) -> CloudEvent:
    attributes = {
        "id": request.message_id,
        "source": "storefront-eu",
        "type": "com.contoso.checkout.wanted",
        "time": datetime.now(UTC),
        "correlationid": "visit-4711",
        "datacontenttype": "application/json",
    }
    return CloudEvent(attributes={**attributes, "specversion": "1.0"}, data=request.document)


async def _answers(broker: Broker, events: Subscriber, headers: dict[str, Any], body: bytes) -> Any:
    properties = _WithoutMessageId(headers=headers, content_type="application/json", delivery_mode=2)
    await broker.send(body, properties)
    (event,) = await events.until(1)
    return event


async def test_a_command_in_binary_mode_is_answered_by_an_event_in_binary_mode(
    broker: Broker, events: Subscriber
) -> None:
    request = a_request("licenses")
    made = to_rabbitmq(_wanted(request))
    answer = await _answers(broker, events, dict(made.headers), made.body)

    read = from_rabbitmq_event(RabbitMQMessage(answer.headers, answer.properties.content_type, answer.body))
    assert (read.get_id(), read.get_type()) == (answer.id, "checkout.completed")
    assert read.get_subject() == f"{request.customer_id}/{request.cart_id}"
    assert read.get_data() == json.loads(answer.body)
    assert (answer.routing_key, answer.properties.correlation_id) == (
        "checkout.completed.storefront-eu",
        "visit-4711",
    )


async def test_a_command_in_the_amqp_binding_s_spelling_is_the_same_request(
    broker: Broker, events: Subscriber
) -> None:
    request = a_request("licenses")
    made = to_amqp(_wanted(request))
    answer = await _answers(broker, events, dict(made.application_properties), made.application_data)
    await broker.submit(request)
    again = (await events.until(2))[1]

    assert (again.id, again.body, again.routing_key) == (answer.id, answer.body, answer.routing_key)
