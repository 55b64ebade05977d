"""What commands print may hold what strangers wrote, and steers no terminal."""

import io
import json
import math
import sys
from base64 import b64decode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from worker.cli.output import console, errors, print_json, print_line

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


@pytest.mark.parametrize("show", [print_json, print_line])
def test_bytes_are_base64_as_other_programs_read_it(show: object, capsys: pytest.CaptureFixture[str]) -> None:
    assert callable(show)
    show({"a": b"\xff\xfe?>", "b": [b"\xfb\xff"]})
    printed = json.loads(capsys.readouterr().out)
    assert [b64decode(each, validate=True) for each in (printed["a"], *printed["b"])] == [
        b"\xff\xfe?>",
        b"\xfb\xff",
    ]


@pytest.mark.parametrize("show", [print_json, print_line])
def test_what_is_no_number_in_json_is_text(show: object, capsys: pytest.CaptureFixture[str]) -> None:
    assert callable(show)
    show([math.nan, math.inf])
    assert json.loads(capsys.readouterr().out) == ["NaN", "Infinity"]


def test_an_id_with_the_name_of_an_emoji_or_a_style_stays_as_it_is(
    capsys: pytest.CaptureFixture[str],
) -> None:
    for each in (console, errors):
        each.print("DG7GMGF0D5RK:1234:DG7GMGF0K9P6 [red]order:key:1")
    printed = capsys.readouterr()
    assert (printed.out, printed.err) == (("DG7GMGF0D5RK:1234:DG7GMGF0K9P6 [red]order:key:1\n",) * 2)


@pytest.mark.parametrize("encoding", ["ascii", "latin-1"])
def test_json_has_escapes_for_letters_that_the_encoding_lacks(
    encoding: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    written = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(written, encoding))
    print_line({"title": "Größe 日本 🛒"})
    sys.stdout.flush()
    assert json.loads(written.getvalue().decode(encoding)) == {"title": "Größe 日本 🛒"}
