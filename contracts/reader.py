"""From the bytes of a message to a command, or to what is wrong with them."""

from typing import Final, TypeVar

from pydantic import ValidationError

from contracts.cart import MAX_LINE_ITEMS
from contracts.checkout import CheckoutCart
from contracts.codes import DeadLetterCode
from contracts.document import MAX_VALUES, TooManyValuesError, parsed
from contracts.model import TolerantModel
from contracts.rejected import Violation
from contracts.update import UpdateCart
from contracts.violations import nul_characters, violations

MAX_MESSAGE_BYTES: Final = 1024 * 1024
MAX_VIOLATIONS: Final = 20
_MOST_LOOKED_FOR: Final = MAX_VIOLATIONS + 1
_CommandT = TypeVar("_CommandT", bound=TolerantModel)
_BOM: Final = b"\xef\xbb\xbf"


class UnreadableError(ValueError):
    """A message that is no command: a dead-letter code, a sentence, and the violations found."""

    def __init__(self, code: DeadLetterCode, reason: str, violations: list[Violation] | None = None) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason
        self.violations = violations or []


def read_checkout(
    body: bytes, *, max_bytes: int = MAX_MESSAGE_BYTES, max_line_items: int = MAX_LINE_ITEMS
) -> CheckoutCart:
    """Read the body of a `cart.checkout` message, tolerantly.

    Raises:
        UnreadableError: the body is too large, not UTF-8, not JSON, or breaks the contract.
    """
    return _read(CheckoutCart, body, max_bytes, max_line_items)


def read_update(
    body: bytes, *, max_bytes: int = MAX_MESSAGE_BYTES, max_line_items: int = MAX_LINE_ITEMS
) -> UpdateCart:
    """Read the body of a `cart.update` message, as tolerantly. Raises: UnreadableError."""
    return _read(UpdateCart, body, max_bytes, max_line_items)


def _read(model: type[_CommandT], body: bytes, max_bytes: int, max_line_items: int) -> _CommandT:
    document = _parse(_decoded(body, max_bytes))
    try:
        return model.model_validate(document, context={"max_line_items": max_line_items})
    except ValidationError as error:
        raise _violated(violations(error, _MOST_LOOKED_FOR)) from None


def _decoded(body: bytes, max_bytes: int) -> bytes:
    if len(body) > max_bytes:
        raise UnreadableError(
            DeadLetterCode.TOO_LARGE, f"The body has {len(body)} bytes; at most {max_bytes} are read."
        )
    try:
        body.decode()
    except UnicodeDecodeError as error:
        raise UnreadableError(
            DeadLetterCode.NOT_UTF8, f"The body is not UTF-8: byte {error.start} cannot be decoded."
        ) from None
    return body.removeprefix(_BOM)


def _parse(body: bytes) -> object:
    try:
        document = parsed(body)
    except TooManyValuesError:
        rule = f"The document should hold at most {MAX_VALUES} values"
        raise _violated([Violation(path="", rule=rule)]) from None
    except ValueError as error:
        raise _unparsed(str(error)) from None
    if found := nul_characters(body, document, _MOST_LOOKED_FOR):
        raise _violated(found)
    return document


def _unparsed(why: str) -> UnreadableError:
    if why.startswith("recursion limit"):
        return _violated([Violation(path="", rule="Objects are nested too deeply")])
    return UnreadableError(DeadLetterCode.NOT_JSON, f"The body is not JSON: {why}.")


def _violated(violations: list[Violation]) -> UnreadableError:
    first, *others = violations
    where = f" at {first.path}" if first.path else ""
    at_least = "at least " if len(violations) == _MOST_LOOKED_FOR else ""
    more = f" (and {at_least}{len(others)} more)" if others else ""
    return UnreadableError(
        DeadLetterCode.CONTRACT_VIOLATION,
        f"The command breaks the contract{where}: {first.rule}{more}.",
        violations[:MAX_VIOLATIONS],
    )
