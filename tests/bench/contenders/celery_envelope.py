"""A cart as Celery's `apply_async` sends it, protocol 2."""

import json
from typing import Final

from celery import Celery

from tests.bench.contenders.task_envelope import TASK, framed
from tests.bench.corpus import BenchCart
from worker.amqp.outgoing import Outgoing

_APP: Final = Celery("bench")


def enveloped(cart: BenchCart) -> Outgoing:
    task = _APP.amqp.as_task_v2(cart.message_id, TASK, args=(json.loads(cart.body),), ignore_result=True)
    return framed(cart, json.dumps(task.body).encode(), task.headers)
