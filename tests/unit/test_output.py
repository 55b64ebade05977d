"""What commands print may hold what strangers wrote, and steers no terminal."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from worker.cli.output import print_json, print_line

STEERING = "\x1b[2J \x9b31m \u202e \u2028 \ufeff \x7f \U000e0001"


@pytest.mark.parametrize("show", [print_json, print_line])
def test_json_is_the_same_and_holds_nothing_that_steers(
    show: object, capsys: pytest.CaptureFixture[str]
) -> None:
    value = {STEERING: [STEERING, "Größe 日本 🛒"]}
    assert callable(show)
    show(value)
    printed = capsys.readouterr().out
    assert json.loads(printed) == value
    assert all(letter.isprintable() or letter == "\n" for letter in printed)
    assert "Größe 日本 🛒" in printed


@given(st.text())
def test_any_text_is_the_same_when_it_is_read(text: str) -> None:
    with pytest.MonkeyPatch.context() as patch:
        printed = list[str]()
        patch.setattr("worker.cli.output.console.out", lambda line, **_: printed.append(line))
        print_line(text)
    assert json.loads(printed[0]) == text
