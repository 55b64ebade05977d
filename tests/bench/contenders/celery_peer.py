"""Celery and psycopg: `celery --app tests.bench.contenders.celery_peer worker`.

As its documentation shows for quorum queues and late acknowledgement; a task that takes the model; each
process has a connection to the database. psycopg sends the statements of a checkout in one pipeline.
"""

from typing import Any, Final

import psycopg
from celery import Celery, Task
from celery.signals import worker_process_init
from kombu import Exchange, Queue

from contracts.checkout import CheckoutCart
from contracts.wire import CHECKOUT_KEY, CHECKOUT_QUEUE, COMMANDS_EXCHANGE, RESULTS_EXCHANGE
from tests.bench.contenders import peer_statements as sql
from tests.bench.contenders.peer_checkout import CheckedOut, Event, checked_out
from tests.bench.contenders.peer_rows import (
    cart_row,
    errors_columns,
    lines_columns,
    orders_columns,
    outcome_row,
)
from tests.bench.contenders.peer_settings import PeerSettings

settings: Final = PeerSettings()
app: Final = Celery("bench", broker=settings.amqp_url)
app.conf.update(
    task_queues=[
        Queue(
            CHECKOUT_QUEUE,
            Exchange(COMMANDS_EXCHANGE, type="direct", no_declare=True),
            routing_key=CHECKOUT_KEY,
            queue_arguments={"x-queue-type": "quorum"},
            no_declare=True,
        )
    ],
    task_acks_late=True,
    task_ignore_result=True,
    worker_prefetch_multiplier=settings.prefetch,
    broker_transport_options={"confirm_publish": True},
    broker_native_delayed_delivery_queue_type="classic",
    worker_enable_remote_control=False,
)
results: Final = Exchange(RESULTS_EXCHANGE, type="topic", no_declare=True)
connections: Final[list[psycopg.Connection[Any]]] = []


@worker_process_init.connect
def connect(**_: object) -> None:
    """The process is forked by now: a connection is not shared."""
    connections.append(
        psycopg.connect(settings.database_url, cursor_factory=psycopg.RawCursor, autocommit=True)
    )


@app.task(bind=True, name="checkout", pydantic=True)
def checkout(self: Task, command: CheckoutCart) -> None:
    event = store(connections[0], checked_out(command, self.request.id))
    with app.producer_pool.acquire(block=True) as producer:
        producer.publish(
            event.body,
            exchange=results,
            routing_key=event.routing_key,
            content_type="application/json",
            content_encoding="utf-8",
            delivery_mode="persistent",
            mandatory=True,
            message_id=str(event.event_id),
            correlation_id=self.request.id,
            type=event.type,
        )


def store(connection: psycopg.Connection[Any], made: CheckedOut) -> Event:
    """Write all of it; the event to publish, which is the earlier one where the message came before."""
    with connection.transaction():
        if connection.execute(sql.OUTCOME, outcome_row(made)).fetchone() is None:
            key = (made.customer_id, made.message_id)
            return Event(*connection.execute(sql.EARLIER, key).fetchall()[0])
        with connection.pipeline():
            connection.execute(sql.CART, cart_row(made))
            if made.orders:
                connection.execute(sql.ORDERS, orders_columns(made))
                connection.execute(sql.LINES, lines_columns(made))
            if made.errors:
                connection.execute(sql.ERRORS, errors_columns(made))
    return made.event
