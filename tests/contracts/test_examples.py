"""Every released example: read by the reader as it says, and by the schema."""

from collections.abc import Callable
from hashlib import sha256

import pytest

from contracts.checkout import CartCheckoutResult, CheckoutCart
from contracts.model import WireModel
from contracts.reader import UnreadableError, read_checkout, read_update
from contracts.rejected import CartRejected, CheckoutRejected
from contracts.update import CartUpdated, UpdateCart
from tests.contracts.documents import EXAMPLES, INDEX, all_examples, event_examples, is_valid, message_of

READERS: dict[str, Callable[[bytes], CheckoutCart | UpdateCart]] = {
    "cart.checkout": read_checkout,
    "cart.update": read_update,
}
EVENTS: dict[str, type[WireModel]] = {
    "checkout.completed": CartCheckoutResult,
    "checkout.partial": CartCheckoutResult,
    "checkout.failed": CartCheckoutResult,
    "checkout.rejected": CheckoutRejected,
    "cart.updated": CartUpdated,
    "cart.rejected": CartRejected,
}
COMMANDS = [path for path in INDEX if message_of(path) in READERS]
VALID = [path for path in COMMANDS if "/valid/" in path]
INVALID = [path for path in COMMANDS if "/invalid/" in path]


@pytest.mark.parametrize("path", INDEX)
def test_a_released_example_is_there_and_as_it_was_released(path: str) -> None:
    assert sha256((EXAMPLES / path).read_bytes()).hexdigest() == INDEX[path]["sha256"]


@pytest.mark.parametrize("path", VALID)
def test_a_valid_command_is_read(path: str) -> None:
    command = READERS[message_of(path)]((EXAMPLES / path).read_bytes())

    assert command.customer_id == "0a1b2c3d-0000-4000-8000-0000000000c1"
    assert "code" not in INDEX[path]


@pytest.mark.parametrize("path", INVALID)
def test_an_invalid_command_is_refused_with_its_code_and_places(path: str) -> None:
    with pytest.raises(UnreadableError) as refused:
        READERS[message_of(path)]((EXAMPLES / path).read_bytes())

    assert refused.value.code == INDEX[path]["code"]
    assert [each.path for each in refused.value.violations] == INDEX[path].get("violations", [])


@pytest.mark.parametrize("path", INDEX)
def test_the_schema_says_of_an_example_what_is_written_there(path: str) -> None:
    assert is_valid(path) == (INDEX[path]["schema"] == "valid")


@pytest.mark.parametrize("path", event_examples())
def test_an_event_is_valid_and_read_without_loss(path: str) -> None:
    assert is_valid(path)
    body = EVENTS[message_of(path)].model_validate_json((EXAMPLES / path).read_bytes())
    again = EVENTS[message_of(path)].model_validate_json(body.to_json())
    assert again == body


def test_every_message_has_examples_of_both_kinds() -> None:
    found = {path.rpartition("/")[0] for path in all_examples()}

    assert found == {f"{message}/{kind}" for message in (*READERS, *EVENTS) for kind in ("valid", "invalid")}


def test_what_is_not_generated_is_released() -> None:
    generated = {f"{message}/valid" for message in EVENTS}

    assert {path for path in all_examples() if path.rpartition("/")[0] not in generated} == set(INDEX)
