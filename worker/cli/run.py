"""`checkout run`: the worker."""

from worker.bootstrap import run_worker
from worker.settings import LogFormat, Settings
from worker.telemetry import configure_logging


async def command() -> None:
    """Consume checkouts until SIGTERM or SIGINT; a second signal does not wait for the drain."""
    settings = Settings.load()
    configure_logging(as_json=settings.log_format is LogFormat.JSON)
    await run_worker(settings)
