"""What fault tests share: services that they may break, and that are mended after each."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.support.stage import Stage, breakable_services, staged
from worker.embedded.services import Services


@pytest.fixture(scope="session")
async def breakable() -> AsyncIterator[Services]:
    async with breakable_services() as services:
        yield services


@pytest.fixture
async def stage(breakable: Services, tmp_path: Path) -> AsyncIterator[Stage]:
    async with staged(breakable, tmp_path) as made:
        yield made
