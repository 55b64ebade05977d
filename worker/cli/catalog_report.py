"""What an import tells about a catalog file."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from contracts.catalog_file import CatalogFile, Finding, Findings
from worker.cli.output import console, counted, errors, safe

_SHOWN: Final = 20


def report(file: Path, items: int, read: CatalogFile, revision: int | None) -> dict[str, Any]:
    """For machines. Revision: of the catalog that the import made; none: it made none."""
    return {
        "file": str(file),
        "items": items,
        "problems": [each._asdict() for each in read.problems.first],
        "problemCount": read.problems.count,
        "warnings": [each._asdict() for each in read.warnings.first],
        "warningCount": read.warnings.count,
        "revision": revision,
    }


def print_report(file: Path, items: int, read: CatalogFile, revision: int | None) -> None:
    """For people, in the form in which compilers name a place."""
    for line in (*_told(file, read.warnings, "warning: "), *_told(file, read.problems)):
        errors.print(safe(line))
    if read.problems.count:
        errors.print(f"{counted(read.problems.count, 'problem')}; the catalog was not changed")
    elif revision is None:
        console.print(f"{counted(items, 'item')} would be imported")
    else:
        console.print(f"imported {counted(items, 'item')}, catalog revision {revision}")


def _told(file: Path, findings: Findings, mark: str = "") -> Iterator[str]:
    for each in findings.first[:_SHOWN]:
        yield f"{file}:{each.line}: {mark}{_text(each)}"
    if findings.count > _SHOWN:
        yield f"{mark}and {findings.count - _SHOWN} more"


def _text(finding: Finding) -> str:
    return f"{finding.field}: {finding.problem}" if finding.field else finding.problem
