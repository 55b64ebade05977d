"""A command whose answer is larger than what the broker takes."""

import pytest

from tests.builders import a_catalog, a_command
from worker.checkout import decide as deciding
from worker.checkout.decide import decide
from worker.checkout.decision import Decided, Oversized
from worker.checkout.situation import Situation


def test_nothing_is_done_where_the_answer_could_not_be_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    usual = decide(a_command(), Situation(), a_catalog())
    assert isinstance(usual, Decided)
    size = len(usual.event.body)

    monkeypatch.setattr(deciding, "MAX_EVENT_BYTES", size)
    assert decide(a_command(), Situation(), a_catalog()) == usual
    monkeypatch.setattr(deciding, "MAX_EVENT_BYTES", size - 1)
    assert decide(a_command(), Situation(), a_catalog()) == Oversized(a_command(), size)
