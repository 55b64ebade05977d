"""Who runs a command, where the account has a name and where not."""

import getpass

import pytest

from worker.cli.actor import actor


@pytest.mark.parametrize("nameless", [KeyError, OSError], ids=["before-3.13", "since-3.13"])
def test_an_account_without_a_name_is_unknown(
    nameless: type[Exception], monkeypatch: pytest.MonkeyPatch
) -> None:
    def getuser() -> str:
        raise nameless

    monkeypatch.setattr(getpass, "getuser", getuser)
    assert actor().startswith("unknown@")
