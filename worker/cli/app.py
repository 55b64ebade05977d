"""`checkout`: all commands, and what their exit codes mean."""

import errno
import inspect
import logging
import sys
from importlib.metadata import version

import stamina
import uvloop
from cyclopts import App, CycloptsError

from worker.cli.exit import CLOSED_PIPE, INTERRUPTED, Exit, exit_code
from worker.cli.output import errors, safe
from worker.cli.streams import give_output_up, mend_streams
from worker.errors import ConfigurationFault, WorkerError

_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_EXIT_CODES = (
    "Exit codes: 0 success, 1 problems found, 2 wrong usage, 3 broker unavailable or refusing, "
    "4 database unavailable or refusing, 130 interrupted (Ctrl-C), 141 nobody read the output to its end."
)


def make_app() -> App:
    """The command tree. A command is imported when it is asked for: all together take half a second."""
    app = App(
        name="checkout",
        help="Carts in, orders out: the cart-checkout worker and its tools.",
        help_epilogue=_EXIT_CODES,
        version=version("cart-checkout-worker"),
        result_action="return_value",
    )
    for name in ("run", "migrate", "submit", "check", "demo"):
        app.command(f"worker.cli.{name}:command", name=name)
    for name in ("topology", "results", "dead-letters", "catalog", "orders", "carts", "contracts"):
        app.command(f"worker.cli.{name.replace('-', '_')}:app", name=name)
    return app


def main(arguments: list[str] | None = None) -> None:
    mend_streams()
    sys.exit(_run(sys.argv[1:] if arguments is None else arguments))


def _run(arguments: list[str]) -> int:
    # What this logs is raised as well.
    logging.getLogger("aiormq").setLevel(logging.CRITICAL)
    # Stamina 26.1 would tell of each try on standard output.
    stamina.instrumentation.set_on_retry_hooks([])
    try:
        _check_text(arguments)
        app = make_app()
        command, bound, _ = app.parse_args(arguments, exit_on_error=False, print_error=True)
        if command == app.help_print:
            _import_all(app)
        result = command(*bound.args, **bound.kwargs)
        return int((uvloop.run(result) if inspect.iscoroutine(result) else result) or Exit.OK)
    except CycloptsError:
        return Exit.USAGE
    except KeyboardInterrupt:
        return INTERRUPTED
    except SystemExit as ended:
        # Rich's answer to a closed pipe, which would be the code of found problems.
        if not isinstance(ended.__context__, BrokenPipeError):
            raise
        return CLOSED_PIPE
    except OSError as error:
        if error.errno not in _FULL:
            raise
        give_output_up()
        errors.print(f"checkout: cannot write the output: {error.strerror}", style="red")
        return Exit.PROBLEMS
    except WorkerError as fault:
        # It may quote a server, or the name of a file.
        told = "\n".join(map(safe, str(fault).splitlines()))
        errors.print(f"checkout: {told}", style="red")
        return exit_code(fault)


def _import_all(app: App) -> None:
    """What a command is about stands beside it; cyclopts 5.4 leaves out what it has not imported."""
    for name, command in app.resolved_commands().items():
        if not name.startswith("-"):
            _import_all(command)


def _check_text(arguments: list[str]) -> None:
    """Raises: ConfigurationFault: what the shell gave us is no text."""
    for number, argument in enumerate(arguments, start=1):
        if not argument.isascii() and any("\ud800" <= letter <= "\udfff" for letter in argument):
            raise ConfigurationFault(f"argument {number} is not UTF-8")
