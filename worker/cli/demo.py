"""`checkout demo`: everything on this machine."""

import asyncio
import signal
from typing import Annotated

from cyclopts import Parameter
from rich.console import Console

from worker.cli.exit import INTERRUPTED, Exit
from worker.cli.output import WIDTH, Limit, errors
from worker.demo.demo import run_demo
from worker.embedded.process import StartError
from worker.embedded.services import MissingPackages


async def command(*, carts: Limit = 2_000, keep: Annotated[bool, Parameter(negative="")] = False) -> int:
    """Start a private broker, database and worker, process sample carts, and verify the results.

    Parameters
    ----------
    carts
        Number of generated carts.
    keep
        Keep everything running, and print how to connect.
    """
    loop, this = asyncio.get_running_loop(), asyncio.current_task()
    for number in (signal.SIGTERM, signal.SIGHUP):
        # A closed terminal ends it as tidily as Ctrl-C does.
        loop.add_signal_handler(number, lambda: this.cancel() if this else None)
    try:
        # It says of its own text what is bold.
        good = await run_demo(Console(width=WIDTH, emoji=False), carts=carts, keep=keep)
    except asyncio.CancelledError:
        return INTERRUPTED
    except (MissingPackages, StartError) as error:
        errors.print(str(error))
        return Exit.PROBLEMS
    return Exit.OK if good else Exit.PROBLEMS
