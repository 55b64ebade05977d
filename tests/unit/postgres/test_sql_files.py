"""The .sql files: every statement can be found by its name, every migration has its number."""

import re
from collections import Counter
from hashlib import sha256
from pathlib import Path

import pytest

import worker.postgres
from worker.postgres.migrate import Migration, migrations
from worker.postgres.statements import statement

HERE = Path(worker.postgres.__file__).parent
FILES = sorted(HERE.joinpath("sql").iterdir())
NAMES = [name for file in FILES for name in re.findall(r"^-- name: *(.*)$", file.read_text(), re.MULTILINE)]
MIGRATIONS = sorted(HERE.joinpath("migrations").iterdir())


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_a_file_of_statements_holds_nothing_outside_of_them(file: Path) -> None:
    assert file.suffix == ".sql"
    assert re.match(r"-- name: \w+\n", file.read_text())


def test_every_statement_has_a_name_of_its_own() -> None:
    assert [name for name, uses in Counter(NAMES).items() if uses > 1] == []


@pytest.mark.parametrize("name", NAMES)
def test_a_statement_is_found_by_its_name(name: str) -> None:
    text = statement(name)

    code = [line for line in text.splitlines() if line and not line.startswith("--")]
    assert re.match(r"(WITH|SELECT|INSERT|UPDATE|DELETE|CREATE)\b", code[0])
    assert "-- name:" not in text
    assert not [line for line in code if ";" in line]


def test_a_name_that_no_statement_has_is_a_bug() -> None:
    with pytest.raises(KeyError):
        statement("drop_everything")


def test_parameters_of_a_statement_are_numbered_without_gaps() -> None:
    for name in NAMES:
        used = {int(number) for number in re.findall(r"\$(\d+)", statement(name))}
        assert used == set(range(1, len(used) + 1)), name


def test_migrations_are_numbered_without_gaps() -> None:
    assert [migration.version for migration in migrations()] == list(range(1, len(MIGRATIONS) + 1))


@pytest.mark.parametrize("file", MIGRATIONS, ids=lambda file: file.name)
def test_a_migration_is_named_by_its_number_and_what_it_makes(file: Path) -> None:
    assert re.fullmatch(r"\d{4}_[a-z_]+\.sql", file.name)
    version, name = int(file.name[:4]), file.name[5:-4]
    assert migrations()[version - 1] == Migration(version, name, file.read_text())


def test_the_checksum_of_a_migration_is_that_of_its_text() -> None:
    migration = Migration(7, "seven", "SELECT 7")

    assert migration.checksum == sha256(b"SELECT 7").hexdigest()
    assert migration.checksum != Migration(7, "seven", "SELECT 7 ").checksum
