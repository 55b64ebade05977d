"""Examples: those of commands as committed, those of events as the worker answers the former."""

import codecs
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.resources import files
from typing import Any, Final

from aiormq import spec
from pydantic_core import from_json

from contracts import wire
from contracts.wire import EventType
from worker.amqp.decode import Limits, decode
from worker.amqp.delivery import Delivery
from worker.amqp.malformed import Malformed
from worker.amqp.rejection import rejected_event
from worker.checkout.decide import decide
from worker.checkout.decision import Decided
from worker.checkout.event import Event
from worker.checkout.situation import Situation
from worker.documents.example_catalog import example_catalog

_RECEIVED: Final = datetime(2026, 3, 14, 9, 26, 53, 589793, tzinfo=UTC)
_LIMITS: Final = Limits(max_bytes=1024 * 1024, max_line_items=200)


@dataclass(frozen=True, slots=True)
class EventExample:
    """An event, and the example of a command that it answers."""

    event: EventType
    name: str
    command: str

    @property
    def path(self) -> str:
        return f"{self.event}/valid/{self.name}.json"


EVENT_EXAMPLES: Final = (
    EventExample(EventType.CHECKOUT_COMPLETED, "one-order", "cart.checkout/valid/minimal.json"),
    EventExample(EventType.CHECKOUT_COMPLETED, "four-orders", "cart.checkout/valid/full.json"),
    EventExample(
        EventType.CHECKOUT_PARTIAL, "one-line-withdrawn", "cart.checkout/valid/one-line-withdrawn.json"
    ),
    EventExample(EventType.CHECKOUT_FAILED, "nothing-to-order", "cart.checkout/valid/nothing-to-order.json"),
    EventExample(EventType.CHECKOUT_FAILED, "no-such-cart", "cart.checkout/valid/by-reference.json"),
    EventExample(
        EventType.CHECKOUT_REJECTED,
        "contract-violation",
        "cart.checkout/invalid/line-incomplete.json",
    ),
    EventExample(EventType.CHECKOUT_REJECTED, "not-json", "cart.checkout/invalid/not-json.json"),
    EventExample(EventType.CART_UPDATED, "new-cart", "cart.update/valid/new-cart.json"),
    EventExample(EventType.CART_UPDATED, "one-line-withdrawn", "cart.update/valid/one-line-withdrawn.json"),
    EventExample(EventType.CART_REJECTED, "another-version", "cart.update/valid/replace-lines.json"),
    EventExample(EventType.CART_REJECTED, "contract-violation", "cart.update/invalid/no-lines.json"),
)


def example(path: str) -> bytes:
    """A committed example."""
    return files("contracts").joinpath("examples", path).read_bytes()


def index() -> dict[str, dict[str, Any]]:
    """What is said of the examples that were written by hand, by their paths."""
    found: dict[str, dict[str, Any]] = from_json(example("index.json"))
    return found


def command_examples(message: str) -> Iterator[tuple[str, str, bytes]]:
    """Name, meaning and body of each example of a command in its canonical form."""
    for path, entry in index().items():
        if path.startswith(f"{message}/valid/") and entry["schema"] == "valid":
            name = path.rpartition("/")[2].removesuffix(".json")
            yield name, entry["about"], example(path).removeprefix(codecs.BOM_UTF8)


def event_examples() -> Mapping[str, Event]:
    """Every example of an event by its path."""
    return {each.path: _answer(each) for each in EVENT_EXAMPLES}


def _answer(wanted: EventExample) -> Event:
    delivery = _delivery(wanted)
    decoded = decode(delivery, _LIMITS)
    if isinstance(decoded, Malformed):
        event = rejected_event(delivery, decoded)
    else:
        decision = decide(decoded, Situation(), example_catalog())
        event = decision.event if isinstance(decision, Decided) else None
    if event is None or event.type != wanted.event:
        raise ValueError(f"{wanted.command} is no longer answered by {wanted.event}")
    return event


def _delivery(wanted: EventExample) -> Delivery:
    key = wanted.command.partition("/")[0]
    properties = spec.Basic.Properties(
        message_id=f"order-form-{wanted.name}", correlation_id="visit-4711", app_id="storefront-eu"
    )
    return Delivery(
        body=example(wanted.command),
        properties=properties,
        exchange=wire.COMMANDS_EXCHANGE,
        routing_key=key,
        queue=key,
        tag=1,
        redelivered=False,
        received=_RECEIVED,
    )
