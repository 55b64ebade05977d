"""What the bench of a long backlog makes of its samples."""

from itertools import pairwise

from tests.bench.growing.long_backlog import Sample, finding
from tests.bench.resources import CpuSeconds


def sample(second: int, results: int) -> Sample:
    cpu = CpuSeconds(worker=second * 0.5, broker=second * 0.2, database=second * 0.3, bench=0, others=0)
    return Sample(float(second), results, worker_mb=90 + second, broker_mb=500, cpu=cpu)


def test_each_tenth_has_its_rate_its_largest_memory_and_what_its_results_cost() -> None:
    found = finding([sample(second, 1_000 * second) for second in range(1, 33)], total=32_000).document

    tenths = found["tenths"]
    assert len(tenths) == 10
    assert {tenth["per_second"] for tenth in tenths} == {1_000}
    assert {(each["worker_cpu"], each["broker_cpu"], each["database_cpu"]) for each in tenths} == {
        (0.5, 0.2, 0.3)
    }
    assert all(earlier["worker_mb"] < later["worker_mb"] for earlier, later in pairwise(tenths))
    assert found["samples"][0] == {"seconds": 1.0, "results": 1_000, "worker_mb": 91, "broker_mb": 500}


def test_a_tenth_without_results_cost_nothing_that_could_be_told() -> None:
    came = [1_000 * min(second, 10) for second in range(1, 33)]

    tenths = finding([sample(second, came[second - 1]) for second in range(1, 33)], total=32_000).document[
        "tenths"
    ]

    assert (tenths[-1]["per_second"], tenths[-1]["worker_cpu"]) == (0, None)


def test_few_samples_have_no_tenths() -> None:
    assert finding([sample(1, 300)], total=300).document["tenths"] == []
