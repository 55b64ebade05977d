"""All contenders, each with the settings that a sweep found to be its best on two cores."""

from typing import Final

from tests.bench.contenders.contender import Contender

_PEERS: Final = "tests.bench.contenders"


def ours(processes: int) -> Contender:
    return Contender(
        name=f"ours-{processes}",
        what=f"checkout run, {processes} proc.",
        arguments=("worker", "run"),
        processes=processes,
        consumers=processes,
    )


def faststream(workers: int, *, prefetch: int = 100, connections: int = 10) -> Contender:
    module = f"{_PEERS}.faststream_peer:app"
    return Contender(
        name=f"faststream-{workers}",
        what=f"FastStream, {workers} proc.",
        arguments=("faststream", "run", module, *(("--workers", str(workers)) if workers > 1 else ())),
        consumers=workers,
        needs=("faststream", "orjson"),
        settings={"BENCH_PREFETCH": str(prefetch), "BENCH_CONNECTIONS": str(connections)},
    )


def taskiq(workers: int, *, prefetch: int = 50, connections: int = 10) -> Contender:
    options = ("--workers", str(workers), "--max-async-tasks", str(prefetch), "--log-level", "WARNING")
    return Contender(
        name=f"taskiq-{workers}",
        what=f"Taskiq, {workers} proc.",
        arguments=("taskiq", "worker", f"{_PEERS}.taskiq_peer:broker", *options),
        consumers=workers,
        needs=("taskiq", "taskiq_aio_pika", "orjson"),
        settings={"BENCH_PREFETCH": str(prefetch), "BENCH_CONNECTIONS": str(connections)},
        envelope="taskiq_envelope",
    )


def celery(processes: int, *, prefetch: int = 64) -> Contender:
    quiet = ("--without-gossip", "--without-mingle", "--without-heartbeat", "--loglevel", "WARNING")
    pool = ("--pool", "prefork", "--concurrency", str(processes))
    return Contender(
        name="celery",
        what=f"Celery, {processes} proc.",
        arguments=("celery", "--app", f"{_PEERS}.celery_peer", "worker", *pool, *quiet),
        needs=("celery", "psycopg"),
        settings={"BENCH_PREFETCH": str(prefetch)},
        envelope="celery_envelope",
    )


def relay(name: str, what: str, *, prefetch: int) -> Contender:
    return Contender(
        name=name,
        what=what,
        arguments=(f"{_PEERS}.{name.replace('-', '_')}",),
        settings={"BENCH_PREFETCH": str(prefetch)},
        stores=False,
        is_limit=True,
    )


# By hand: with 50 and with 1,000, the first one passes on 5 and 15 % less than with 200.
RELAYS: Final = (
    relay("relay", "limit: relay", prefetch=200),
    relay("relay-aiormq", "limit: relay, aiormq", prefetch=1000),
)
INSERT: Final = Contender(
    name="insert", what="limit: COPY", arguments=(f"{_PEERS}.insert",), consumers=0, is_limit=True
)
OURS: Final = (ours(1), ours(2))
PEERS: Final = (faststream(1), faststream(2), taskiq(1), taskiq(2), celery(4))
ROSTER: Final = {each.name: each for each in (*OURS, *PEERS, *RELAYS, INSERT)}
