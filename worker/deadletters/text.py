"""Text from messages, as PostgreSQL can keep it."""


def storable(text: str, longest: int) -> str:
    """Without NUL characters and lone surrogates, and no longer than that many characters."""
    return text.replace("\0", "\ufffd").encode(errors="replace").decode()[:longest]
