"""What the help says of commands is what they do."""

import pytest

from worker.cli.app import make_app


def _help(capsys: pytest.CaptureFixture[str], *command: str) -> str:
    make_app().help_print(list(command))
    return " ".join(capsys.readouterr().out.replace("│", " ").split())


@pytest.mark.parametrize("command", ["list", "groups", "replay", "discard", "restore", "export"])
def test_no_default_is_shown_that_nobody_can_type(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert "()" not in _help(capsys, "dead-letters", command)


def test_restore_tells_which_states_it_is_about(capsys: pytest.CaptureFixture[str]) -> None:
    assert "restore: discarded ones" in _help(capsys, "dead-letters", "restore")


def test_the_list_of_commands_tells_what_can_be_done(capsys: pytest.CaptureFixture[str]) -> None:
    told = _help(capsys)
    for verb in ("replay, edit, discard", "republish"):
        assert verb in told
