"""`checkout demo`: everything on this machine."""

from typing import Annotated

from cyclopts import Parameter

from worker.cli.output import console, errors
from worker.demo.demo import run_demo
from worker.embedded.process import StartError
from worker.embedded.services import MissingPackages


async def command(*, carts: int = 2_000, keep: Annotated[bool, Parameter(negative="")] = False) -> int:
    """Start private services and a worker, show the main job, and count what came of it.

    Parameters
    ----------
    carts
        How many generated carts.
    keep
        Leave everything running, and print where.
    """
    try:
        good = await run_demo(console, carts=carts, keep=keep)
    except (MissingPackages, StartError) as error:
        errors.print(str(error), markup=False)
        return 1
    return 0 if good else 1
