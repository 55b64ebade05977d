"""`checkout contracts`: the contract as documents."""

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from worker.cli.exit import Exit
from worker.cli.group import command_group
from worker.cli.output import console, counted, errors
from worker.documents.files import differences, write

app = command_group("contracts", about="The contract as documents: JSON Schemas, AsyncAPI, examples, codes.")


@app.command
def export(*, to: Path = Path("contracts"), check: Annotated[bool, Parameter(negative="")] = False) -> int:
    """Write JSON Schemas, the AsyncAPI document, examples, and a README that explains them.

    Parameters
    ----------
    to
        The directory; created if missing.
    check
        Write nothing; list the documents that are missing or differ, and exit with 1 if any do.
    """
    try:
        return _check(to) if check else _write(to)
    except OSError as error:
        errors.print(f"{error.filename or to}: {error.strerror or error}")
        return Exit.PROBLEMS


def _check(found: Path) -> int:
    if not found.is_dir():
        errors.print(f"there is no directory {found}: pass one with --to")
        return Exit.PROBLEMS
    drifted = differences(found)
    for line in drifted:
        errors.print(line)
    if drifted:
        errors.print(f"to write them again, run `checkout contracts export --to {found}`")
        return Exit.PROBLEMS
    console.print(f"{found}: every document is up to date")
    return Exit.OK


def _write(to: Path) -> int:
    written = write(to)
    console.print(f"{to}: {counted(len(written), 'document')} written")
    return Exit.OK
