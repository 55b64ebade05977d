"""The version of a cart that a command names, against the one that is stored."""

from worker.checkout.situation import Situation


def wrong_version(named: int | None, situation: Situation) -> str | None:
    """Why a command that names a version does nothing; None: it names the stored one, or none."""
    stored = situation.cart.version
    if named is None or named == stored:
        return None
    return f"The cart has version {stored}, not {named}; look at it and ask again"
