"""Directories of exported dead letters: a JSON file each."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from worker.deadletters.letter_file import file_name, file_of, read_file
from worker.errors import ConfigurationFault
from worker.postgres.dead_letters import DeadLetter, DeadLetters
from worker.postgres.pool import Pool
from worker.postgres.replays import Chosen, Replays

_AT_ONCE: Final = 50
_FOR_US_ALONE: Final = 0o600


def read_files(directory: Path) -> list[Path]:
    """The files of a directory. Raises: ConfigurationFault, for the first that cannot be read."""
    files = sorted(directory.glob("*.json"))
    if not files:
        raise ConfigurationFault(f"{directory} contains no exported dead letters (*.json)")
    for file in files:
        read_file(file)
    return files


async def imported(pool: Pool, files: Sequence[Path], actor: str) -> list[str]:
    """Archive what is not archived yet; the ids of all. One that is there stays as it is."""
    ids: list[str] = []
    for start in range(0, len(files), _AT_ONCE):
        letters: list[DeadLetter] = [read_file(file) for file in files[start : start + _AT_ONCE]]
        ids += [each.dead_letter_id for each in await DeadLetters(pool).archive(letters, actor)]
    return ids


async def exported(replays: Replays, letters: Sequence[Chosen], directory: Path, actor: str) -> int:
    """Write a file each, for this user alone to read. Raises: ConfigurationFault."""
    written = 0
    for start in range(0, len(letters), _AT_ONCE):
        ids = [each.dead_letter_id for each in letters[start : start + _AT_ONCE]]
        rows = await replays.whole(ids)
        try:
            for row in rows:
                _write(directory, file_name(row["dead_letter_id"]), file_of(row))
        except OSError as error:
            raise ConfigurationFault(f"{directory} cannot be written: {error.strerror}") from None
        await replays.note_exported(ids, actor, str(directory))
        written += len(rows)
    return written


def _write(directory: Path, name: str, content: bytes) -> None:
    """Whole or not at all."""
    directory.mkdir(parents=True, exist_ok=True)
    file = directory / name
    unfinished = file.with_suffix(".unfinished")
    unfinished.unlink(missing_ok=True)
    # Exclusively: others may write to the directory, and have a link there that leads elsewhere.
    with open(unfinished, "xb", opener=_for_us_alone) as written:
        written.write(content)
    unfinished.replace(file)


def _for_us_alone(path: str, flags: int) -> int:
    return os.open(path, flags, _FOR_US_ALONE)
