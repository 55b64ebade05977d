"""Bytes in what is shown as JSON, in the alphabet of `base64 -d`; pydantic's own mode takes that of URLs."""

from base64 import b64encode
from typing import Any


def with_base64(value: Any) -> Any:
    """The same with text for bytes."""
    match value:
        case bytes() | bytearray():
            return b64encode(value).decode()
        case dict():
            return {name: with_base64(member) for name, member in value.items()}
        case list() | tuple():
            return [with_base64(each) for each in value]
        case _:
            return value
