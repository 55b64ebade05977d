"""A JSON document in lines, with what is wrong said below the place where it is wrong."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple

from pydantic_core import to_json

_INDENT: Final = "  "


class Line(NamedTuple):
    """A line of the document, or what is wrong with the line before it."""

    text: str
    is_rule: bool = False


def pointed(document: Any, violations: Sequence[Mapping[str, str]]) -> list[Line]:
    """The document with each rule below the member that breaks it, or the closest that is there."""
    written = list(_written(document, "", "", ""))
    places = {path: number for number, (path, _) in reversed([*enumerate(written)])}
    rules: dict[int, list[str]] = {}
    for violation in violations:
        path = _plain(violation["path"])
        while path not in places:
            path = _parent(path)
        missing = "" if path == _plain(violation["path"]) else f"{violation['path']}: "
        rules.setdefault(places[path], []).append(missing + violation["rule"])
    lines: list[Line] = []
    for number, (_, text) in enumerate(written):
        lines.append(Line(text))
        margin = " " * (len(text) - len(text.lstrip()))
        lines += [Line(f"{margin}^ {rule}", is_rule=True) for rule in rules.get(number, ())]
    return lines


def _written(value: Any, path: str, label: str, margin: str) -> Iterator[tuple[str, str]]:
    """Each line with the path of what begins on it; lines that only close something have none."""
    members = _members(value, path)
    if not members:
        yield path, f"{margin}{label}{_json(value)}"
        return
    opening, closing = "{}" if isinstance(value, dict) else "[]"
    yield path, f"{margin}{label}{opening}"
    for number, (place, name, member) in enumerate(members, 1):
        *before, (last_place, last) = _written(member, place, name, margin + _INDENT)
        yield from before
        yield last_place, last + ("," if number < len(members) else "")
    yield "\0", f"{margin}{closing}"


def _members(value: Any, path: str) -> list[tuple[str, str, Any]]:
    if isinstance(value, dict):
        dot = f"{path}." if path else ""
        return [(dot + _plain(key), f"{_json(key)}: ", member) for key, member in value.items()]
    if isinstance(value, list):
        return [(f"{path}[{index}]", "", member) for index, member in enumerate(value)]
    return []


def _json(value: Any) -> str:
    return to_json(value, inf_nan_mode="constants").decode()


def _plain(name: str) -> str:
    """Members are read in any case, with or without `_`."""
    return name.replace("_", "").casefold()


def _parent(path: str) -> str:
    """The place that holds this one; the whole document is "" and always there."""
    return path[: max(path.rfind("."), path.rfind("["), 0)]
