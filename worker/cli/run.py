"""`checkout run`: the worker."""

from worker.bootstrap import run_worker
from worker.settings import LogFormat, Settings
from worker.telemetry import configure_logging


async def command() -> None:
    """Process commands until SIGTERM or SIGINT; a second signal exits without draining."""
    settings = Settings.load()
    configure_logging(as_json=settings.log_format is LogFormat.JSON)
    await run_worker(settings)
