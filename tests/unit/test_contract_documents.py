"""The committed documents are what the models and the worker's tables make; `checkout contracts export`."""

import shutil
from pathlib import Path

import pytest

from worker.checkout.rules import OUTCOMES, RULES, LineRule
from worker.cli.contracts import export
from worker.documents.codes import line_codes, order_codes
from worker.documents.files import differences, documents

COMMITTED = Path(__file__).parents[2] / "contracts"


@pytest.fixture
def exported(tmp_path: Path) -> Path:
    assert export(to=tmp_path) == 0
    return tmp_path


def test_the_committed_documents_are_the_ones_that_are_made() -> None:
    assert differences(COMMITTED) == [], "run: checkout contracts export"


def test_an_export_is_complete_and_as_it_should_be(exported: Path) -> None:
    found = {path.relative_to(exported).as_posix() for path in exported.rglob("*") if path.is_file()}

    assert found == set(documents())
    assert export(to=exported, check=True) == 0


@pytest.mark.parametrize(
    "name",
    [
        "schemas/cart.checkout.json",
        "asyncapi.json",
        "README.md",
        "examples/index.json",
        "examples/checkout.partial/valid/one-line-withdrawn.json",
    ],
)
def test_a_document_that_drifted_or_was_lost_is_named(
    name: str, exported: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = exported / name
    path.write_bytes(path.read_bytes() + b"\n")
    drifted = export(to=exported, check=True)
    path.unlink()
    lost = export(to=exported, check=True)

    assert (drifted, lost) == (1, 1)
    said = capsys.readouterr().err
    assert f"{path} differs" in said
    assert f"{path} is missing" in said
    assert "checkout contracts export --to" in said


def test_a_directory_that_is_not_there_is_told_as_that(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert export(to=tmp_path / "elsewhere", check=True) == 1
    assert "there is no directory" in capsys.readouterr().err


def test_a_document_that_is_made_no_more_is_named(exported: Path) -> None:
    left = exported / "schemas" / "cart.emptied.json"
    shutil.copy(exported / "schemas" / "cart.update.json", left)

    assert differences(exported) == [f"{left} is no document of the contract"]


def test_a_directory_that_cannot_be_written_is_a_problem_and_no_crash(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").touch()

    assert export(to=tmp_path / "file") == 1
    assert str(tmp_path / "file") in capsys.readouterr().err


def test_every_code_that_the_worker_decides_is_explained() -> None:
    of_groups = {each.group_code for each in (*RULES, *OUTCOMES)}
    of_lines = {each.line_code for each in RULES if isinstance(each, LineRule)} - {None}

    assert {each.code for each in order_codes()} == of_groups
    assert {each.code for each in line_codes()} == of_lines
    assert all(each.what and each.advice for each in (*order_codes(), *line_codes()))
