"""A cart as Taskiq's `kiq` sends it, in JSON."""

import json
from typing import Final

from taskiq import InMemoryBroker, TaskiqMessage
from taskiq.serializers import ORJSONSerializer

from tests.bench.contenders.task_envelope import TASK, framed
from tests.bench.corpus import BenchCart
from worker.amqp.outgoing import Outgoing

_BROKER: Final = InMemoryBroker().with_serializer(ORJSONSerializer())


def enveloped(cart: BenchCart) -> Outgoing:
    task = TaskiqMessage(
        task_id=cart.message_id, task_name=TASK, labels={}, args=[json.loads(cart.body)], kwargs={}
    )
    headers = {"task_id": cart.message_id, "task_name": TASK}
    return framed(cart, _BROKER.formatter.dumps(task).message, headers)
