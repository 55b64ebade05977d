"""A cart in the message of a task."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from aiormq import spec

from tests.bench.contenders import plain_envelope
from tests.bench.corpus import BenchCart
from worker.amqp.outgoing import PERSISTENT, Outgoing

TASK: Final = "checkout"


def framed(cart: BenchCart, body: bytes, headers: Mapping[str, Any]) -> Outgoing:
    properties = spec.Basic.Properties(
        content_type="application/json",
        content_encoding="utf-8",
        delivery_mode=PERSISTENT,
        correlation_id=cart.message_id,
        message_id=cart.message_id,
        headers=dict(headers),
    )
    return replace(plain_envelope.enveloped(cart), body=body, properties=properties)
