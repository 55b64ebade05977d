"""Lines in terminals of all widths, and without one."""

from io import StringIO

import pytest

from worker.cli import lines
from worker.cli.lines import print_lines
from worker.cli.output import plain_console

ID = "0123456789abcdef"
MESSAGE_ID = "0190b5a4-63f4-7c3e-9d8f-7a6b5c4d3e2f"
WHAT = "contract-violation: The command breaks the contract at cart.lineItems[0].quantity: it should be more"
COLUMNS = ("id", "state", "last failed, UTC", "source", "messageId", "what")
ROW = (ID, "failed-again", "2026-01-31 12:00:00", "storefront-eu", MESSAGE_ID, WHAT)


def _printed(
    monkeypatch: pytest.MonkeyPatch,
    *rows: tuple[object, ...],
    width: int | None,
    columns: tuple[str, ...] = COLUMNS,
    whole: tuple[str, ...] = (),
) -> list[str]:
    """What a terminal of this width shows; None: there is no terminal."""
    written = StringIO()
    console = plain_console(
        file=written, width=width or 200, force_terminal=width is not None, color_system=None
    )
    monkeypatch.setattr(lines, "console", console)
    spare = ("messageId", "source") if columns == COLUMNS else ()
    print_lines("Dead letters", columns, rows, spare=spare, whole=whole)
    return written.getvalue().splitlines()


@pytest.mark.parametrize("width", [60, 80, 100, 120, 140, 200])
def test_no_line_is_wider_than_the_terminal_and_no_id_is_broken(
    monkeypatch: pytest.MonkeyPatch, width: int
) -> None:
    lines = _printed(monkeypatch, ROW, ROW, width=width)
    assert max(map(len, lines)) <= width
    assert sum(line.startswith(f"{ID}  failed-again  2026-01-31 12:00:00") for line in lines) == 2
    words = " ".join(" ".join(lines).split())
    assert words.count("it should be more") == 2


def test_two_ids_stand_whole_on_a_line_of_80_columns(monkeypatch: pytest.MonkeyPatch) -> None:
    row = (MESSAGE_ID, MESSAGE_ID[::-1], "monthly, USD, group licenses")
    printed = _printed(monkeypatch, row, width=80, columns=("orderId", "cartId", "what"))
    assert printed[2:] == [f"{MESSAGE_ID}  {MESSAGE_ID[::-1]}", "    monthly, USD, group licenses"]


def test_a_narrow_terminal_does_without_what_is_spare(monkeypatch: pytest.MonkeyPatch) -> None:
    assert MESSAGE_ID in "".join(_printed(monkeypatch, ROW, width=140))
    assert MESSAGE_ID not in "".join(_printed(monkeypatch, ROW, width=80))
    assert "storefront-eu" in "".join(_printed(monkeypatch, ROW, width=80))
    assert "storefront-eu" not in "".join(_printed(monkeypatch, ROW, width=60))


def test_without_a_terminal_each_is_one_line_with_everything(monkeypatch: pytest.MonkeyPatch) -> None:
    _, _, line = _printed(monkeypatch, (*ROW[:-1], WHAT * 10), width=None)
    assert line.split()[0] == ID
    assert line.endswith(f"{MESSAGE_ID}  {WHAT * 10}")


def test_cells_steer_no_terminal_and_wide_ones_are_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    hostile = "\x1b[2J\u009b31m\u202e[red]\n" + "x" * 255
    lines = _printed(monkeypatch, (hostile, *ROW[1:-1], "what\x1b]0;title\x07"), width=200)
    assert all(line.isprintable() for line in lines)
    assert "…  failed-again" in lines[2]
    assert "[red]" in lines[2]


def test_long_ids_are_whole_where_they_have_to_be_and_without_a_terminal(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    long = "CFQ7TTC0LCHC:0002:" + "x" * 60
    columns = ("catalogItemId", "quantity", "what")
    for width, whole in ((80, ("catalogItemId",)), (None, ())):
        printed = _printed(monkeypatch, (long, 1, "x"), width=width, columns=columns, whole=whole)
        assert long in "".join(printed)
    assert long not in "".join(_printed(monkeypatch, (long, 1, "x"), width=80, columns=columns))


def test_nothing_found_is_a_title_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    assert _printed(monkeypatch, width=80) == ["Dead letters"]
