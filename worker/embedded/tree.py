"""The processes below a process."""

from pathlib import Path
from typing import NamedTuple

PROC = Path("/proc")


class _Entry(NamedTuple):
    pid: int
    parent: int
    state: str


def process_tree(root: int) -> list[int]:
    """Return the root and all below it, also those that moved to a process group of their own."""
    children: dict[int, list[int]] = {}
    for entry in _entries():
        children.setdefault(entry.parent, []).append(entry.pid)
    tree = [root]
    for pid in tree:
        tree.extend(children.get(pid, ()))
    return tree


def living(pids: list[int]) -> list[int]:
    """Return those that are there and not merely waiting for a parent to notice their end."""
    return [entry.pid for entry in _entries() if entry.pid in pids and entry.state not in "ZX"]


def _entries() -> list[_Entry]:
    return [entry for directory in PROC.glob("[0-9]*") if (entry := _entry(directory))]


def _entry(directory: Path) -> _Entry | None:
    try:
        # "pid (name) state parent ...", where the name may hold spaces and brackets
        state, parent = (directory / "stat").read_text("utf-8", "replace").rpartition(")")[2].split()[:2]
    except (OSError, ValueError):
        return None
    return _Entry(int(directory.name), int(parent), state)
