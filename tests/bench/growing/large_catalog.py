"""Throughput with a large catalog, and with the demonstration's 10 items."""

from importlib.resources import files

from contracts.catalog import CatalogLine
from tests.bench.bench import a_load
from tests.bench.catalog_load import generated_items
from tests.bench.contenders.roster import ROSTER
from tests.bench.growing.extent import Extent
from tests.bench.growing.finding import Finding, of_settings
from tests.bench.measurement import Run, measured
from worker.postgres.catalog import CatalogItems, ItemRow


async def measure(extent: Extent) -> Finding:
    contender, small = ROSTER["ours-1"], _demo_items()
    more = (ItemRow.of(CatalogLine.model_validate(item)) for item in generated_items(extent.items))
    catalogs = {f"{len(small)} items": small, f"{extent.items:,} items": [*small, *more]}
    runs: dict[str, list[Run]] = {name: [] for name in catalogs}
    async with a_load() as load:
        for _ in range(extent.runs):
            for name, items in catalogs.items():
                await CatalogItems(load.stage.pool).replace(items)
                runs[name].append(await measured(contender, load, extent.plan))
    return of_settings("Catalog", contender, runs)


def _demo_items() -> list[ItemRow]:
    lines = files("worker.demo").joinpath("catalog.ndjson").read_text().splitlines()
    return [ItemRow.of(CatalogLine.model_validate_json(line)) for line in lines]
