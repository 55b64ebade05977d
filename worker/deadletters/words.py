"""The words by which dead letters are found: letters and digits, in any case, split at all else."""

import re
from typing import Final

MOST_WORDS: Final = 3_000
_LONGEST_WORD: Final = 64
_LONGEST_TEXT: Final = 64 * 1024
_WORD: Final = re.compile(r"[^\W_]+")
_ESCAPE: Final = re.compile(r"\\(?:u([0-9a-fA-F]{4})|.)")


def words_of(text: str) -> list[str]:
    """The different words of a text, of its first 64 kB; JSON's escapes are read."""
    unescaped = _ESCAPE.sub(_letter, text[:_LONGEST_TEXT])
    found = dict.fromkeys(word[:_LONGEST_WORD] for word in _WORD.findall(unescaped.casefold()))
    return list(found)[:MOST_WORDS]


def searchable(*texts: str | None, body: bytes) -> str:
    """The words that a dead letter is stored with, from what is told of it and its body."""
    told = (*texts, body.decode(errors="replace"))
    return " ".join(words_of(" ".join(filter(None, told))))


def query_of(text: str) -> str | None:
    """A tsquery for dead letters that hold all words of a text; None: it has none."""
    return " & ".join(f"'{word}'" for word in words_of(text)) or None


def _letter(escape: re.Match[str]) -> str:
    letter = chr(int(escape[1], 16)) if escape[1] else " "
    return letter if letter.isalnum() else " "
