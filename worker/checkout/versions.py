"""The version of a cart that a command names, against the one that is stored."""

from typing import Final

from worker.checkout.situation import Situation

WHAT_TO_DO: Final = (
    "take cartVersion from this answer and the lines from the latest cart.updated, or send the whole cart by "
    "cart.update with that version"
)


def wrong_version(named: int | None, situation: Situation) -> str | None:
    """Why a command that names a version does nothing; None: it names the stored one, or none."""
    stored = situation.cart.version
    if named is None or named == stored:
        return None
    if not stored:
        return (
            f"This customer has no cart of this id (version 0), and the command names version {named}; "
            "send the whole cart, with no version"
        )
    return f"The cart has version {stored}, not {named}; {WHAT_TO_DO}"
