"""The statements of a .sql file, by name."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Final

_NAME: Final = re.compile(r"^-- name: (\w+)$", re.MULTILINE)


def statements(file: Path) -> Mapping[str, str]:
    _, *parts = _NAME.split(file.read_text("utf-8"))
    return dict(zip(parts[::2], parts[1::2], strict=True))
