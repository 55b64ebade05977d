"""JSON Schemas, draft-07, of every body on the wire."""

from collections.abc import Iterable
from typing import Any, Final, Literal

from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core import core_schema
from typing_extensions import override

from contracts.model import WireModel
from worker.documents.codes import dead_letter_codes, line_codes, order_codes
from worker.documents.messages import COMMANDS, EVENTS

DIALECT: Final = "http://json-schema.org/draft-07/schema#"
_INT32: Final = 2_147_483_647
_TOLERANCE: Final = (
    "This is the canonical form. The reader takes more: keys in any case, null or an empty text for an absent"
    " member, and members that it does not know."
)
_TOLERATED: Final = (
    "Read it tolerantly: ignore members that you do not know, and expect new codes and states. Optional"
    " members are absent, never null."
)


class _Draft7(GenerateJsonSchema):
    """What pydantic makes, as type generators like it: no nulls, no titles on members, 32-bit integers."""

    def nullable_schema(self, schema: core_schema.NullableSchema) -> JsonSchemaValue:
        return self.generate_inner(schema["schema"])

    def int_schema(self, schema: core_schema.IntSchema) -> JsonSchemaValue:
        bounds = {"minimum": -_INT32 - 1, "maximum": _INT32}
        return {"format": "int32"} | bounds | super().int_schema(schema)

    def default_schema(self, schema: core_schema.WithDefaultSchema) -> JsonSchemaValue:
        return self.generate_inner(schema["schema"])

    @override
    def field_title_should_be_set(self, schema: Any) -> bool:
        return False

    @override
    def field_is_required(self, field: Any, total: bool) -> bool:
        """Of an event: whatever is not left out when it is None."""
        if self.mode == "validation":
            return super().field_is_required(field, total)
        inner = field["schema"]
        return not (inner["type"] == "default" and inner.get("default", ...) is None)


def schemas() -> dict[str, dict[str, Any]]:
    """Every schema of the contract by its name."""
    made = {each.schema: _schema(each.schema, each.body, "validation", _TOLERANCE) for each in COMMANDS}
    return made | {
        each.schema: _schema(str(each.schema), each.body, "serialization", _TOLERATED) for each in EVENTS
    }


def _schema(
    name: str, body: type[WireModel], mode: Literal["validation", "serialization"], how_to_read: str
) -> dict[str, Any]:
    made = body.model_json_schema(schema_generator=_Draft7, mode=mode, ref_template="#/definitions/{model}")
    definitions = made.pop("$defs", {})
    for described in (made, *definitions.values()):
        _list_known_codes(described.get("properties", {}).values())
    head = {
        "$schema": DIALECT,
        "$id": f"urn:cart-checkout:{name}",
        "title": made.pop("title"),
        "description": f"{made.pop('description')}\n\n{how_to_read}",
    }
    made["additionalProperties"] = True
    return head | made | {"definitions": definitions}


def _list_known_codes(members: Iterable[dict[str, Any]]) -> None:
    """In words: an enumeration would break its readers with the first new code."""
    known = {
        "`OrderErrorCode`": order_codes(),
        "`CartErrorCode`": line_codes(),
        "dead-letter code": dead_letter_codes(),
    }
    for member in members:
        described = member.get("description", "")
        for kind, codes in known.items():
            if kind in described:
                listed = ", ".join(str(each.code) for each in codes)
                member["description"] += f" Known as {kind}: {listed}."
