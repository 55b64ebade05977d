"""The two bases of every wire type: exact for what is sent, tolerant for what others send."""

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Final, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, ValidationInfo, model_validator
from pydantic.alias_generators import to_camel, to_snake
from pydantic_core import PydanticCustomError

from contracts.document import MAX_UNREAD, check_unread

MAX_MEMBERS: Final = 400
"""Members of one object that a model reads; the largest has 20 of its own."""

AS_STORED: Final = "as_stored"
"""Context for what this reader made of a document before: names that it did not know then stay unknown."""

_UNREAD_LEFT: Final = "unread_left"
_YEAR_ONE: Final = "0001-"
_set: Final = object.__setattr__


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

    def changed(self, **members: Any) -> Self:
        """A copy with these members, which are not checked.

        What `model_copy` does for it that is frozen and has no private members, in half the time.
        """
        copy = object.__new__(type(self))
        _set(copy, "__dict__", self.__dict__ | members)
        _set(copy, "__pydantic_fields_set__", self.__pydantic_fields_set__ | members.keys())
        _set(copy, "__pydantic_extra__", self.__pydantic_extra__)
        _set(copy, "__pydantic_private__", None)
        return copy

    def to_json(self) -> bytes:
        """This value as it goes on the wire: UTF-8 JSON without null members."""
        return self.__pydantic_serializer__.to_json(self, exclude_none=True)


class TolerantModel(WireModel):
    """Reads what clients of many languages send.

    Keys match without regard to case; null, "" and dates of the year 1 mean absent.
    Two keys that differ in case only are refused: one of them would be lost.
    """

    other_names: ClassVar[Mapping[str, str]] = {}
    """Further names under which a member may come, beside its own, by these and in snake_case."""

    unread: ClassVar[frozenset[str]] = frozenset()
    """Members that are dropped, in lower case: they are no part of this object, wherever they came from."""

    _names: ClassVar[Mapping[str, str]]
    _dates: ClassVar[frozenset[str]]
    _exact: ClassVar[frozenset[str]]

    @classmethod
    def __pydantic_on_complete__(cls) -> None:
        super().__pydantic_on_complete__()
        aliases = {name: field.alias or name for name, field in cls.model_fields.items()}
        meant = {alias: alias for alias in aliases.values()} | dict(cls.other_names)
        spelled = aliases | meant | {to_snake(name): alias for name, alias in meant.items()}
        cls._names = {spelling.casefold(): alias for spelling, alias in spelled.items()}
        cls._dates = frozenset(alias for alias in aliases.values() if alias.endswith(("Timestamp", "Date")))
        cls._exact = frozenset(aliases.values()) - cls._dates

    @classmethod
    def member(cls, key: str) -> str | None:
        """The member that a key means, by its name on the wire."""
        return cls._names.get(key.casefold())

    @model_validator(mode="before")
    @classmethod
    def _fold(cls, data: object, info: ValidationInfo) -> object:
        if not isinstance(data, dict) or cls._is_exact(data) or (info.context and AS_STORED in info.context):
            return data
        return cls._folded(data, info)

    @classmethod
    def _is_exact(cls, data: Mapping[str, Any]) -> bool:
        """Nothing to fold: most messages are, and this is all that they pay."""
        values = data.values()
        return cls._exact.issuperset(data) and None not in values and "" not in values

    @classmethod
    def _folded(cls, data: Mapping[str, Any], info: ValidationInfo) -> dict[str, Any]:
        if len(data) > MAX_MEMBERS:
            raise PydanticCustomError(
                "too_long", "Input should have at most {limit} members", {"limit": MAX_MEMBERS}
            )
        folded: dict[str, Any] = {}
        unknown: dict[str, Any] = {}
        spellings: set[str] = set()
        for key, value in data.items():
            spellings.add(spelling := key.casefold())
            name = cls._names.get(spelling)
            if name is None:
                if spelling not in cls.unread:
                    unknown[key] = value
            elif value is None or value == "" or (name in cls._dates and _is_unset(value)):
                continue
            elif name in folded and folded[name] != value:
                raise PydanticCustomError("key_collision", "Two members of this object mean the same")
            else:
                folded[name] = value
        if unknown:
            _check_unread(unknown, info)
        if len(spellings) < len(data):
            raise PydanticCustomError("key_collision", "Two keys of this object differ in case only")
        return folded | unknown


def _is_unset(date: object) -> bool:
    return isinstance(date, str) and date.startswith(_YEAR_ONE)


def _as_read(value: dict[str, Any], info: ValidationInfo) -> dict[str, Any]:
    _check_unread(value, info)
    return value


def _check_unread(value: dict[str, Any], info: ValidationInfo) -> None:
    """What one object uses up of the values that may be unread, the others of its command lack."""
    context = {} if info.context is None else info.context
    left = context.get(_UNREAD_LEFT, MAX_UNREAD)
    context[_UNREAD_LEFT] = left - check_unread(value, left)


JsonObject = Annotated[dict[str, Any], AfterValidator(_as_read)]
"""An object that is kept as it came."""
