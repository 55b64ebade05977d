"""What people see of a dead letter without saying why they need more."""

import re
from collections.abc import Iterable
from typing import Any, Final

MASK: Final = "***"
_BETWEEN: Final = re.compile(r"[\s_-]|\\.|\0")


class Mask:
    """Hides the values of members by name; neither case nor `_` and `-` in a name make a difference."""

    def __init__(self, names: Iterable[str]) -> None:
        self._names = frozenset(filter(None, map(_plain, names)))

    @classmethod
    def of(cls, setting: str) -> "Mask":
        """From names with commas between them."""
        return cls(setting.split(","))

    def document(self, value: Any) -> Any:
        """A JSON value with what is named hidden, at any depth, and texts that may hold such JSON."""
        if isinstance(value, dict):
            return {
                key: MASK if _plain(key) in self._names and member is not None else self.document(member)
                for key, member in value.items()
            }
        if isinstance(value, str):
            return MASK if self._hides_some_of_text(value) else value
        return [self.document(each) for each in value] if isinstance(value, list) else value

    def _hides_some_of_text(self, text: str) -> bool:
        # Only an object has members: a reason that names a place stays as it is.
        return ("{" in text or "\\u" in text) and self.hides_some_of(text.encode(errors="replace"))

    def hides_some_of(self, body: bytes) -> bool:
        """Whether what cannot be parsed may hold one of the names, or writes it in escapes."""
        if not self._names:
            return False
        text = body.decode(errors="replace")
        return "\\u" in text or any(name in _plain(text) for name in self._names)


def _plain(name: str) -> str:
    return _BETWEEN.sub("", name).casefold()
