"""A cluster of three brokers loses the leader of the queues: `pytest tests/faults/cluster.py`.

Not among the tests that always run: three brokers take half a minute to start.
"""

from pathlib import Path

from tests.support.broker import connected_broker
from tests.support.carts import requests
from tests.support.cluster import a_cluster
from tests.support.database import Database
from tests.support.eventually import eventually
from tests.support.oracle import assert_ordered_once
from tests.support.worker_process import workers_for
from worker.amqp.connection import connected, open_channel
from worker.amqp.topology import apply, topology_for

KEPT = "tests.kept-events"
UNMARKED = "SELECT count(*) FROM checkouts WHERE publication <> 'published'"


async def test_a_queue_leader_that_is_killed_under_load_delays_and_harms_nothing(
    database: Database, tmp_path: Path
) -> None:
    sent = requests(3_000, "licenses", "storage")
    async with a_cluster(tmp_path) as (first, leader, third):
        # Whoever declares a quorum queue makes its own node the leader.
        async with connected(leader.amqp_url, "tests") as connection:
            channel = await open_channel(connection)
            await apply(channel, topology_for(channel))
        async with (
            connected_broker(third.amqp_url) as broker,
            workers_for(first.amqp_url, database.url, tmp_path) as workers,
        ):
            await broker.keep_events(KEPT, "quorum")
            await broker.submit(*sent)
            worker = await workers.launch(batch_size=5, prefetch=50, sweep_after_seconds=1)
            await eventually(lambda: database.count("checkouts"), lambda count: count >= 200)
            await leader.kill()
            killed_at = await database.count("checkouts")
            assert killed_at < len(sent)
            await eventually(lambda: database.count("checkouts"), lambda count: count == len(sent), within=90)
            await eventually(lambda: database.value(UNMARKED), lambda count: count == 0, within=60)
            assert await worker.stop() == 0
            await assert_ordered_once(database, broker, await broker.take_all(KEPT), sent)
