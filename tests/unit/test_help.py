"""What the help says of commands is what they do, and nobody waits for commands that are not asked for."""

import subprocess
import sys
from importlib.metadata import version

import pytest

from worker.cli.app import main


def _help(capsys: pytest.CaptureFixture[str], *command: str) -> str:
    with pytest.raises(SystemExit) as ended:
        main([*command, "--help"])
    assert not ended.value.code
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


def test_a_command_does_not_wait_for_what_others_need() -> None:
    # Wrong usage, so that nothing is looked up.
    asked = (
        "import sys; from worker.cli.app import main\n"
        "try: main(['orders', 'list', '--limit', 'x'])\n"
        "finally: print(*sys.modules)"
    )
    ended = subprocess.run((sys.executable, "-c", asked), capture_output=True, text=True, check=False)
    modules = set(ended.stdout.split())
    assert ended.returncode == 2
    assert "worker.cli.orders" in modules
    assert not {"worker.bootstrap", "worker.embedded.services", "worker.cli.dead_letters"} & modules


@pytest.mark.parametrize("command", [(), ("topology",), ("topology", "apply"), ("dead-letters", "show")])
def test_every_command_says_the_same_version(
    command: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        main([*command, "--version"])
    assert capsys.readouterr().out.strip() == version("cart-checkout-worker")
