"""Charts as SVG, of bars and of lines: few enough shapes to need no library for it."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from xml.etree import ElementTree as ET

WIDTH: Final = 860
_LABELS: Final = 230
_PLOT: Final = 430
_ROW: Final = 24
_HEAD: Final = 44
_GAP: Final = 26
_LINES: Final = 190
COLOURS: Final = ("#1f6f8b", "#d1495b", "#edae49", "#66a182", "#6c5b7b", "#8d96a3")
_LIMIT: Final = "#b8bfc6"


@dataclass(frozen=True, slots=True)
class Bar:
    """Parts stand one after the other, in the colours of the panel's parts."""

    label: str
    parts: Sequence[float]
    note: str
    is_limit: bool = False


@dataclass(frozen=True, slots=True)
class Bars:
    title: str
    bars: Sequence[Bar]
    parts: Sequence[str] = ()

    @property
    def height(self) -> int:
        return _HEAD + _ROW * len(self.bars) + _GAP

    def draw(self, onto: ET.Element) -> None:
        _text(onto, 0, 18, self.title, weight="bold", size=15)
        _legend(onto, self.parts)
        most = max((sum(bar.parts) for bar in self.bars), default=0) or 1
        for number, bar in enumerate(self.bars):
            y = _HEAD + number * _ROW
            _text(onto, _LABELS - 10, y + 12, bar.label, anchor="end")
            x = float(_LABELS)
            for part, colour in zip(bar.parts, COLOURS, strict=False):
                width = _PLOT * part / most
                _rectangle(onto, x, y, width, _LIMIT if bar.is_limit else colour)
                x += width
            _text(onto, x + 6, y + 12, bar.note)


@dataclass(frozen=True, slots=True)
class Curve:
    label: str
    points: Sequence[tuple[float, float]]


@dataclass(frozen=True, slots=True)
class Curves:
    """Lines over one axis, from zero on both."""

    title: str
    across: str
    curves: Sequence[Curve]
    height: int = _HEAD + _LINES + 24 + _GAP

    def draw(self, onto: ET.Element) -> None:
        _text(onto, 0, 18, self.title, weight="bold", size=15)
        _legend(onto, [curve.label for curve in self.curves])
        points = [point for curve in self.curves for point in curve.points]
        right = _round_up(max((x for x, _ in points), default=1))
        top = _round_up(max((y for _, y in points), default=1))
        bottom = _HEAD + _LINES
        for share in (0, 0.25, 0.5, 0.75, 1):
            y = bottom - _LINES * share
            _line(onto, [(60, y), (WIDTH - 20, y)], "#e3e6e9", 1)
            _text(onto, 52, y + 4, f"{top * share:,.4g}", anchor="end", size=11)
            x = 60 + (WIDTH - 80) * share
            _text(onto, x, bottom + 16, f"{right * share:,.4g}", anchor="middle", size=11)
        _text(onto, WIDTH - 20, bottom + 32, self.across, anchor="end", size=11)
        for curve, colour in zip(self.curves, COLOURS, strict=False):
            scaled = [(60 + (WIDTH - 80) * x / right, bottom - _LINES * y / top) for x, y in curve.points]
            _line(onto, scaled, colour, 2)


def write(path: Path, panels: Sequence[Bars | Curves], foot: str) -> None:
    """All panels below each other, and what is to be known of them."""
    height = sum(panel.height for panel in panels) + 40
    root = ET.Element(
        "svg",
        xmlns="http://www.w3.org/2000/svg",
        viewBox=f"-16 -8 {WIDTH + 32} {height}",
        width=str(WIDTH + 32),
        height=str(height),
    )
    root.set("font-family", "system-ui, sans-serif")
    ET.SubElement(root, "rect", x="-16", y="-8", width=str(WIDTH + 32), height=str(height), fill="white")
    top = 0
    for panel in panels:
        panel.draw(ET.SubElement(root, "g", transform=f"translate(0 {top})"))
        top += panel.height
    _text(root, 0, top + 10, foot, size=11, fill="#5b6570")
    ET.indent(root)
    path.write_text(ET.tostring(root, encoding="unicode") + "\n", "utf-8")


def _round_up(value: float) -> float:
    """To a number whose quarters are short."""
    step = 10.0 ** math.floor(math.log10(value or 1))
    return next(times * step for times in (1, 1.2, 1.6, 2, 2.4, 3, 4, 5, 6, 8, 10) if times * step >= value)


def _legend(onto: ET.Element, names: Sequence[str]) -> None:
    x = 0
    for name, colour in zip(names, COLOURS, strict=False):
        _rectangle(onto, x, 26, 10, colour, height=10)
        _text(onto, x + 15, 35, name, size=11)
        x += 30 + 7 * len(name)


def _rectangle(
    onto: ET.Element, x: float, y: float, width: float, fill: str, *, height: float = _ROW - 8
) -> None:
    ET.SubElement(
        onto, "rect", x=f"{x:.1f}", y=f"{y:.1f}", width=f"{width:.1f}", height=str(height), fill=fill
    )


def _line(onto: ET.Element, points: Sequence[tuple[float, float]], colour: str, width: int) -> None:
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    line = ET.SubElement(onto, "polyline", points=path, fill="none", stroke=colour)
    line.set("stroke-width", str(width))


def _text(
    onto: ET.Element,
    x: float,
    y: float,
    words: str,
    *,
    size: int = 12,
    weight: str = "normal",
    anchor: str = "start",
    fill: str = "#20262c",
) -> None:
    text = ET.SubElement(onto, "text", x=f"{x:.1f}", y=f"{y:.1f}", fill=fill)
    text.set("font-size", str(size))
    text.set("font-weight", weight)
    text.set("text-anchor", anchor)
    text.text = words
