"""Log events and metrics: their names, and how they are written. Bodies and secrets never are."""

import logging
import sys
from collections.abc import Sequence
from enum import StrEnum
from traceback import format_tb
from typing import Final

import stamina
import structlog
from prometheus_client import Counter, Gauge, Histogram

from contracts.wire import EventType


class LogEvent(StrEnum):
    """The vocabulary of the log; one stable name an event."""

    STARTING = "worker.starting"
    FAILPOINT_ARMED = "worker.failpoint-armed"
    UNKNOWN_SETTINGS = "worker.unknown-settings"
    CONSUMING = "worker.consuming"
    WAITING_FOR_CATALOG = "worker.waiting-for-catalog"
    CATALOG_LOADED = "worker.catalog-loaded"
    CATALOG_KEPT = "worker.catalog-kept"
    CATALOG_UNREADABLE = "worker.catalog-items-unreadable"
    PAUSED = "worker.paused"
    RESUMED = "worker.resumed"
    BLOCKED = "worker.publishing-blocked"
    STUCK = "worker.stuck"
    SESSION_LOST = "worker.session-lost"
    SIDE_WORK_FAILED = "worker.side-work-failed"
    DRAINING = "worker.draining"
    FORCED = "worker.forced"
    STOPPED = "worker.stopped"
    FAILED = "message.failed"
    DEAD_LETTERED = "message.dead-lettered"
    ARCHIVED = "dead-letter.archived"
    UNREADABLE = "dead-letter.unreadable"
    NOT_ARCHIVED = "dead-letter.not-archived"
    HELD = "message.held"
    BATCH_WAITS = "batch.waits"
    BATCH_SPLIT = "batch.split"
    REFUSED = "event.refused"
    SWEPT = "outbox.swept"
    HTTP_ADDRESS_TAKEN = "http.address-taken"


MESSAGES: Final = Counter(
    "checkout_messages_total", "Deliveries that were settled, by what they led to.", ["outcome"]
)
ARCHIVED: Final = Counter(
    "checkout_dead_letters_archived_total", "Dead letters that were archived, by who set them aside.", ["by"]
)
# A counter that begins with its first event shows no increase by that one.
for each in ({*EventType} - {EventType.CHECKOUT_REJECTED}) | {"dead-lettered"}:
    MESSAGES.labels(each)
for each in ("worker", "broker"):
    ARCHIVED.labels(each)
RETURNED: Final = Counter("checkout_events_returned_total", "Events that nobody is bound to.")
EVENTS_REFUSED: Final = Counter(
    "checkout_events_refused_total", "Times that a queue refused an event, full most likely."
)
SWEPT: Final = Counter("checkout_events_swept_total", "Events that the sweeper published.")
OUTAGES: Final = Counter("checkout_outages_total", "Times that consuming was paused for the database.")
OVERTAKEN: Final = Counter(
    "checkout_carts_overtaken_total", "Carts that another batch changed first; they were decided again."
)
HELD: Final = Gauge(
    "checkout_messages_held", "Messages that wait for a cart which another transaction keeps locked."
)
REDELIVERED: Final = Counter("checkout_redelivered_total", "Messages that were delivered again.")
BATCH_SIZE: Final = Histogram(
    "checkout_batch_messages", "Messages of a batch.", buckets=(1, 2, 5, 10, 20, 50, 100, 200, 500)
)
BATCH_SECONDS: Final = Histogram(
    "checkout_batch_seconds",
    "Time from the receipt of a batch to its acknowledgement.",
    buckets=(0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10),
)
READY: Final = Gauge("checkout_ready", "1 while the worker consumes.")

_STAMPS: Final = (
    structlog.processors.add_log_level,
    structlog.processors.TimeStamper(fmt="iso"),
    structlog.processors.format_exc_info,
)


def configure_logging(*, as_json: bool) -> None:
    """Write log lines to stderr, as JSON or for people. Below WARNING, drivers would log bodies."""
    renderers: list[structlog.typing.Processor] = (
        [structlog.processors.JSONRenderer()]
        if as_json
        else [_harmless, structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())]
    )
    structlog.configure(
        processors=[structlog.contextvars.merge_contextvars, *_STAMPS, *renderers],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=False,
    )
    logging.basicConfig(level=logging.WARNING, handlers=[_of_libraries(renderers)])
    logging.getLogger("aiormq").setLevel(logging.CRITICAL)
    stamina.instrumentation.set_on_retry_hooks([_log_wait])


def log_bug(event: LogEvent, error: Exception, **about: str | None) -> None:
    """Log what a bug was, and where. Not its text: exceptions of libraries carry values of what they read."""
    where = format_tb(error.__traceback__)
    structlog.get_logger().error(event, **about, error=type(error).__name__, frames=where)


def _harmless(_: object, __: str, line: structlog.typing.EventDict) -> structlog.typing.EventDict:
    """Texts of strangers must not steer a terminal, nor look like lines of their own. A trace has lines."""
    texts = {name: text for name, text in line.items() if isinstance(text, str) and name != "exception"}
    return {**line, **{name: _escaped(text) for name, text in texts.items()}}


def _escaped(text: str) -> str:
    return "".join(each if each.isprintable() else ascii(each)[1:-1] for each in text)


def _of_libraries(renderers: Sequence[structlog.typing.Processor]) -> logging.Handler:
    """What libraries log is written as our own lines are, with the name of its logger."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[structlog.stdlib.add_logger_name, *_STAMPS],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *renderers],
        )
    )
    return handler


def _log_wait(details: stamina.instrumentation.RetryDetails) -> None:
    """Stamina 26.1's own line would have the arguments of what it retries."""
    structlog.get_logger().warning(
        LogEvent.BATCH_WAITS, tries=details.retry_num, error=str(details.caused_by)
    )
