"""Rows in lines that fit the terminal: orders, line items, dead letters and their history."""

from collections.abc import Sequence
from typing import Final

from rich.cells import cell_len, set_cell_size
from rich.text import Text

from worker.cli.output import console, safe

_GAP: Final = "  "
_MARGIN: Final = 4
_WIDEST: Final = 40
# With less room beside the other cells, the last one is better read below them.
_ROOM: Final = 40


def print_lines(
    title: str,
    columns: Sequence[str],
    rows: Sequence[Sequence[object]],
    *,
    spare: Sequence[str] = (),
    whole: Sequence[str] = (),
) -> None:
    """A line for each row, and its last cell, a text of any length, on the same line or below.

    No other cell is folded: ids are there to be copied. Where a terminal is too narrow, those in the spare
    columns are left out, in this order; long ones are cut, but for those in the whole columns. Without a
    terminal each row is one line with everything.
    """
    cells = [["" if cell is None else safe(cell) for cell in row] for row in rows]
    table = dict(zip(columns, zip(*cells, strict=True), strict=True)) if cells else {}
    (*short, last) = columns
    widths = {column: _widest(table, column, whole) for column in short if table}
    for column in spare:
        if _width(widths, short) > console.width and console.is_terminal:
            short.remove(column)
    console.print(title, style="bold")
    if not table:
        return
    is_below = console.is_terminal and console.width - _width(widths, short) - len(_GAP) < _ROOM
    _print_line(_line(short, short, widths), "" if is_below else last, style="dim")
    for number, text in enumerate(table[last]):
        line = _line([table[name][number] for name in short], short, widths)
        if is_below:
            _print_line(line, "")
            _print_below(text)
        else:
            _print_line(line, text)


def _widest(table: dict[str, tuple[str, ...]], column: str, whole: Sequence[str]) -> int:
    widest = max(map(cell_len, (column, *table[column])))
    return min(widest, _WIDEST) if console.is_terminal and column not in whole else widest


def _width(widths: dict[str, int], columns: Sequence[str]) -> int:
    return sum(widths[column] + len(_GAP) for column in columns if widths) - len(_GAP)


def _line(cells: Sequence[str], columns: Sequence[str], widths: dict[str, int]) -> str:
    pairs = ((cell, widths[column]) for cell, column in zip(cells, columns, strict=True))
    return _GAP.join(set_cell_size(_cut(cell, width), width) for cell, width in pairs)


def _cut(cell: str, width: int) -> str:
    return cell if cell_len(cell) <= width else f"{set_cell_size(cell, width - 1)}…"


def _print_line(line: str, text: str, style: str = "") -> None:
    """Folded, the text goes on below its beginning."""
    if not (console.is_terminal and text):
        plain = f"{line}{_GAP}{text}".rstrip()
        console.print(plain, style=style, soft_wrap=True)
        return
    indent = cell_len(line) + len(_GAP)
    first, *others = Text(text).wrap(console, console.width - indent) or [Text()]
    _print_line(f"{line}{_GAP}{first.plain}", "", style)
    for each in others:
        _print_line(" " * indent + each.plain, "", style)


def _print_below(text: str) -> None:
    for each in Text(text).wrap(console, console.width - _MARGIN):
        _print_line(" " * _MARGIN + each.plain, "")
