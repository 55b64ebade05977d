"""x-death: where the broker itself set a message aside."""

from collections.abc import Mapping
from typing import Any


def newest_death(headers: Mapping[str, Any]) -> dict[str, Any]:
    """The entry of x-death that the broker wrote last, which it puts first; empty where there is none."""
    deaths = headers.get("x-death")
    newest = deaths[0] if isinstance(deaths, list) and deaths else None
    return newest if isinstance(newest, dict) else {}
