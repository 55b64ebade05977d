"""The two bases of every wire type: exact for what is sent, tolerant for what others send."""

import math
from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Final

from pydantic import AfterValidator, BaseModel, ConfigDict, model_validator
from pydantic.alias_generators import to_camel
from pydantic_core import PydanticCustomError

_YEAR_ONE: Final = "0001-"


class WireModel(BaseModel):
    """camelCase on the wire, snake_case in Python, immutable; members that it does not know are kept."""

    model_config = ConfigDict(
        alias_generator=to_camel,
        allow_inf_nan=False,
        extra="allow",
        frozen=True,
        hide_input_in_errors=True,
        serialize_by_alias=True,
        strict=True,
        use_attribute_docstrings=True,
        validate_by_alias=True,
        validate_by_name=True,
    )

    def to_json(self) -> bytes:
        """This value as it goes on the wire: UTF-8 JSON without null members."""
        return self.__pydantic_serializer__.to_json(self, by_alias=True, exclude_none=True)


class TolerantModel(WireModel):
    """Reads what clients of many languages send.

    Keys match without regard to case; null, "" and dates of the year 1 mean absent.
    Two keys that differ in case only are refused: one of them would be lost.
    """

    other_names: ClassVar[Mapping[str, str]] = {}
    """Further names under which a member may come, beside its own."""

    unread: ClassVar[frozenset[str]] = frozenset()
    """Members that are dropped, in lower case: they are no part of this object, wherever they came from."""

    _names: ClassVar[Mapping[str, str]]
    _dates: ClassVar[frozenset[str]]
    _exact: ClassVar[frozenset[str]]

    @classmethod
    def __pydantic_on_complete__(cls) -> None:
        super().__pydantic_on_complete__()
        aliases = {name: field.alias or name for name, field in cls.model_fields.items()}
        names = {spelling.casefold(): alias for name, alias in aliases.items() for spelling in (name, alias)}
        cls._names = names | {other.casefold(): alias for other, alias in cls.other_names.items()}
        cls._dates = frozenset(alias for alias in aliases.values() if alias.endswith(("Timestamp", "Date")))
        cls._exact = frozenset(aliases.values()) - cls._dates

    @model_validator(mode="before")
    @classmethod
    def _fold(cls, data: object) -> object:
        if not isinstance(data, dict) or cls._is_exact(data):
            return data
        return cls._folded(data)

    @classmethod
    def _is_exact(cls, data: Mapping[str, Any]) -> bool:
        """Nothing to fold: most messages are, and this is all that they pay."""
        values = data.values()
        return cls._exact.issuperset(data) and None not in values and "" not in values

    @classmethod
    def _folded(cls, data: Mapping[str, Any]) -> dict[str, Any]:
        folded: dict[str, Any] = {}
        unknown: dict[str, Any] = {}
        for key, value in data.items():
            name = cls._names.get(key.casefold())
            if name is None:
                if key.casefold() not in cls.unread:
                    unknown[key] = value
            elif value is None or value == "" or (name in cls._dates and _is_unset(value)):
                continue
            elif name in folded and folded[name] != value:
                raise PydanticCustomError("key_collision", "Two members of this object mean the same")
            else:
                folded[name] = value
        if unknown:
            check_unread(unknown)
        if len({key.casefold() for key in data}) < len(data):
            raise PydanticCustomError("key_collision", "Two keys of this object differ in case only")
        return folded | unknown


def _is_unset(date: object) -> bool:
    return isinstance(date, str) and date.startswith(_YEAR_ONE)


def _as_read(value: dict[str, Any]) -> dict[str, Any]:
    check_unread(value)
    return value


def check_unread(value: object) -> None:
    """Refuse, in members that no model describes, what could not be stored or echoed faithfully.

    Raises:
        PydanticCustomError: keys of one object differ in case only, or a number is not finite.
    """
    if isinstance(value, dict):
        if len({key.casefold() for key in value}) < len(value):
            raise PydanticCustomError("key_collision", "Two keys of an object differ in case only")
        for member in value.values():
            check_unread(member)
    elif isinstance(value, list):
        for member in value:
            check_unread(member)
    elif isinstance(value, float) and not math.isfinite(value):
        raise PydanticCustomError("finite_number", "A number is not finite")


JsonObject = Annotated[dict[str, Any], AfterValidator(_as_read)]
"""An object that is kept as it came."""
