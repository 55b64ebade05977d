"""A dead letter as a JSON file, for other tools and archives. The format is stable: members may be added.

`body` is the body where it is UTF-8, else `bodyBase64`. `propertiesBase64` are the AMQP properties as they
stood on the wire; `properties` shows them to people and is not read back.
"""

import json
import re
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Annotated, Any, Final, Literal
from uuid import UUID

from pydantic import (
    AfterValidator,
    AwareDatetime,
    Base64Bytes,
    BaseModel,
    ConfigDict,
    Field,
    ValidationError,
    model_validator,
)
from pydantic.alias_generators import to_camel
from pydantic_core import to_json, to_jsonable_python

from contracts.rejected import Violation
from worker.deadletters.as_sent import as_sent
from worker.deadletters.base64_bytes import with_base64
from worker.deadletters.fingerprint import failure_of
from worker.deadletters.words import searchable
from worker.errors import ConfigurationFault
from worker.postgres.dead_letters import DeadLetter
from worker.postgres.records import Record

FORMAT: Final = "cart-checkout/dead-letter/1"
_PLAIN: Final = re.compile(r"[0-9A-Za-z][0-9A-Za-z_-]{0,99}")
_OTHERWISE: Final = frozenset({"dead_letter_id", "violations", "properties", "body"})
_NO_NUL: Final = r"^[^\x00]*$"
_Name = Annotated[str, Field(max_length=255, pattern=_NO_NUL)]
_Given = Annotated[_Name, Field(min_length=1)]


def _in_utc(time: datetime) -> datetime:
    try:
        return time.astimezone(UTC)
    except OverflowError:
        raise ValueError("there is no such time") from None


_Time = Annotated[AwareDatetime, AfterValidator(_in_utc)]


class LetterFile(BaseModel):
    """What is read back of a file."""

    model_config = ConfigDict(alias_generator=to_camel, frozen=True, hide_input_in_errors=True)

    format: Literal["cart-checkout/dead-letter/1"]
    id: _Given
    code: _Given
    reason: Annotated[str, Field(max_length=4096, pattern=_NO_NUL)]
    violations: list[Violation] = []
    set_aside_by: Literal["worker", "broker"]
    queue: _Name | None = None
    exchange: _Name
    routing_key: _Name
    source: _Name
    message_id: _Name | None = None
    correlation_id: _Name | None = None
    customer_id: UUID | None = None
    cart_id: UUID | None = None
    asked_at: _Time
    first_failed_at: _Time
    properties_base64: Annotated[Base64Bytes, Field(min_length=2)]
    body: str | None = None
    body_base64: Base64Bytes | None = None

    @model_validator(mode="after")
    def _has_one_body(self) -> "LetterFile":
        if (self.body is None) == (self.body_base64 is None):
            raise ValueError("a dead letter has either body or bodyBase64")
        return self

    def letter(self) -> DeadLetter:
        """As it is archived. What is there already is not counted as a failure once more."""
        body = (self.body_base64 or b"") if self.body is None else self.body.encode()
        ids = (self.message_id, self.correlation_id, self.source, self.routing_key)
        return DeadLetter(
            dead_letter_id=self.id,
            **failure_of(self.code, self.reason, self.violations),
            set_aside_by=self.set_aside_by,
            queue=self.queue,
            exchange=self.exchange,
            routing_key=self.routing_key,
            source=self.source,
            message_id=self.message_id,
            correlation_id=self.correlation_id,
            customer_id=str(self.customer_id) if self.customer_id else None,
            cart_id=str(self.cart_id) if self.cart_id else None,
            properties=self.properties_base64,
            body=body,
            words=searchable(self.code, self.reason, *ids, body=body),
            asked_at=self.asked_at,
            failed_at=self.first_failed_at,
            is_repeat=True,
        )


def file_name(dead_letter_id: str) -> str:
    """Ids come from messages, and could name any path."""
    plain = _PLAIN.fullmatch(dead_letter_id)
    return f"{dead_letter_id if plain else sha256(dead_letter_id.encode()).hexdigest()}.json"


def file_of(row: Record) -> bytes:
    """The file of a dead letter, from everything that is archived of it."""
    document = {to_camel(name): value for name, value in row.items() if name not in _OTHERWISE}
    violations = json.loads(row["violations"] or "[]")
    document = {"format": FORMAT, "id": row["dead_letter_id"], **document, "violations": violations}
    document |= {"properties": _shown(row["properties"]), "propertiesBase64": with_base64(row["properties"])}
    return to_json(document | _body(row["body"]), indent=2, exclude_none=True) + b"\n"


def read_file(path: Path) -> DeadLetter:
    """Raises: ConfigurationFault, saying what is wrong with the file and never a value of it."""
    try:
        return LetterFile.model_validate_json(path.read_bytes()).letter()
    except OSError as error:
        raise ConfigurationFault(f"{path} cannot be read: {error.strerror}") from None
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        where = ".".join(map(str, first["loc"])) or "the file"
        raise ConfigurationFault(f"{path} is not an exported dead letter: {where}: {first['msg']}") from None


def _body(body: bytes) -> dict[str, str]:
    try:
        return {"body": body.decode()}
    except UnicodeDecodeError:
        return {"bodyBase64": with_base64(body)}


def _shown(raw: bytes) -> dict[str, Any]:
    came = as_sent(raw)
    given = {name: getattr(came, name) for name in came.__slots__}
    present = {to_camel(name): value for name, value in given.items() if value not in (None, "")}
    shown: dict[str, Any] = to_jsonable_python(with_base64(present), fallback=str)
    return shown
