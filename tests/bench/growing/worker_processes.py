"""Throughput of 1, 2 and 4 worker processes."""

from typing import Final

from tests.bench.bench import a_load
from tests.bench.contenders.roster import ours
from tests.bench.growing.extent import Extent
from tests.bench.growing.finding import Finding, of_settings
from tests.bench.measurement import Run, measured

_NUMBERS: Final = (1, 2, 4)


async def measure(extent: Extent) -> Finding:
    contenders = [ours(number) for number in _NUMBERS]
    runs: dict[str, list[Run]] = {contender.what: [] for contender in contenders}
    async with a_load() as load:
        for _ in range(extent.runs):
            for contender in contenders:
                runs[contender.what].append(await measured(contender, load, extent.plan))
    return of_settings("Worker processes", contenders[0], runs)
