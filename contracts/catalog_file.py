"""A catalog file: NDJSON, one item a line, read as a stream; and what is wrong with it, line by line."""

import re
from collections.abc import Iterator
from difflib import get_close_matches
from typing import BinaryIO, Final, NamedTuple

from pydantic import ValidationError
from pydantic_core import from_json

from contracts.catalog import CatalogLine
from contracts.model import TolerantModel
from contracts.rejected import Violation
from contracts.violations import nul_characters, violations

MAX_LINE_BYTES: Final = 1024 * 1024
MAX_FINDINGS: Final = 1_000
"""So many problems are kept, and so many warnings; all are counted."""

_LONGEST_NAME: Final = 64
_ALIKE: Final = 0.7
_BOM: Final = b"\xef\xbb\xbf"
_PLACE: Final = re.compile(r" at line \d+ column (\d+)$")


class Finding(NamedTuple):
    """What is wrong, and where. Field: the path on the wire; empty: the whole line."""

    line: int
    field: str
    problem: str


class Findings:
    """Counts all, and keeps the first ones."""

    def __init__(self) -> None:
        self.count = 0
        self.first: list[Finding] = []

    def add(self, line: int, field: str, problem: str) -> None:
        self.count += 1
        if len(self.first) < MAX_FINDINGS:
            self.first.append(Finding(line, field, problem))


class CatalogFile:
    """Reads a file once; problems and warnings are complete when all items were taken."""

    def __init__(self, stream: BinaryIO) -> None:
        self.problems = Findings()
        self.warnings = Findings()
        """Look like mistakes, and do no harm."""
        self._stream = stream
        self._first_lines: dict[str, int] = {}
        self._addons: set[str] = set()
        self._prerequisites: list[tuple[int, int, str]] = []
        self._unread: set[tuple[type, str]] = set()

    def items(self) -> Iterator[CatalogLine]:
        """The items of the lines that are right."""
        for number, line in _numbered(self._stream):
            item, found = _read(line)
            for each in found:
                self.problems.add(number, each.path, each.rule)
            if item and self._is_first(item, number):
                self._note(item, number)
                yield item
        if not self._first_lines and not self.problems.count:
            self.problems.add(1, "", "The file holds no items")
        self._compare()

    def _is_first(self, item: CatalogLine, number: int) -> bool:
        first = self._first_lines.setdefault(item.catalog_item_id, number)
        if first != number:
            self.problems.add(number, "catalogItemId", f"The item stands on line {first} already")
        return first == number

    def _note(self, item: CatalogLine, number: int) -> None:
        """Warn of what this line shows, and remember what can be judged only when all items are known."""
        self._note_unread(item, number)
        if item.is_addon and not item.prerequisites:
            self.warnings.add(number, "prerequisites", "An add-on without them is sold without a base")
        if item.is_addon:
            self._addons.add(item.catalog_item_id)
            self._prerequisites += ((number, at, base) for at, base in enumerate(item.prerequisites))
        elif item.prerequisites:
            self.warnings.add(
                number, "prerequisites", "They count for add-ons alone, and isAddon is not true"
            )

    def _note_unread(self, item: CatalogLine, number: int) -> None:
        """Each name once, at its first line: a member that is meant is most likely on every line."""
        for path, holder in _holders(item):
            for name in holder.model_extra or ():
                if (type(holder), name) not in self._unread:
                    self._unread.add((type(holder), name))
                    shown = name[:_LONGEST_NAME]
                    self.warnings.add(
                        number, path + shown, f"Nothing reads this member{_meant(shown, holder)}"
                    )

    def _compare(self) -> None:
        for number, at, base in self._prerequisites:
            if base not in self._first_lines:
                self.warnings.add(number, f"prerequisites[{at}]", f"The file has no item {base}")
            elif base in self._addons:
                self.warnings.add(number, f"prerequisites[{at}]", f"{base} is an add-on itself")


def _holders(item: CatalogLine) -> Iterator[tuple[str, TolerantModel]]:
    yield "", item
    for at, variable in enumerate(item.provisioning_variables):
        yield f"provisioningVariables[{at}].", variable


def _meant(name: str, holder: TolerantModel) -> str:
    members = [field.alias or own for own, field in type(holder).model_fields.items()]
    found = get_close_matches(name, members, n=1, cutoff=_ALIKE)
    return f"; {found[0]} may be meant" if found else ""


def _numbered(stream: BinaryIO) -> Iterator[tuple[int, bytes]]:
    """All lines but blank ones. What is too long is cut off one byte later, and never held."""
    number = 0
    while line := stream.readline(MAX_LINE_BYTES + 1):
        number += 1
        rest = line
        while len(rest) > MAX_LINE_BYTES and not rest.endswith(b"\n"):
            rest = stream.readline(MAX_LINE_BYTES + 1)
        if number == 1:
            line = line.removeprefix(_BOM)
        if line := line.rstrip(b"\r\n"):
            yield number, line


def _read(line: bytes) -> tuple[CatalogLine | None, list[Violation]]:
    """The item of a line, or what is wrong with it; neither: there is nothing but blanks."""
    if len(line) > MAX_LINE_BYTES:
        return None, [_whole(f"The line has more than {MAX_LINE_BYTES} bytes")]
    if not line.strip():
        return None, []
    try:
        line.decode()
        document = from_json(line, allow_inf_nan=False)
        found = nul_characters(line, document)
        return (None, found) if found else (CatalogLine.model_validate(document), [])
    except ValidationError as error:
        return None, violations(error)
    except UnicodeDecodeError as error:
        return None, [_whole(f"The line is not UTF-8: byte {error.start + 1} cannot be decoded")]
    except ValueError as error:
        return None, [_whole("The line is not JSON: " + _PLACE.sub(r" at column \1", str(error)))]


def _whole(rule: str) -> Violation:
    return Violation(path="", rule=rule)
