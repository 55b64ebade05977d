"""Which deliveries are given out together, and when."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.builders import a_delivery
from worker.amqp import hand_out as module
from worker.amqp.delivery import Delivery
from worker.amqp.hand_out import HandOut

LIMIT = 40
WORTH_A_BATCH = 20


def _handing_out(count: int, *, redelivered: Sequence[int] = (), batch_size: int = LIMIT) -> HandOut:
    hand_out = HandOut(batch_size)
    _put(hand_out, *range(count), redelivered=redelivered)
    return hand_out


def _put(hand_out: HandOut, *tags: int, redelivered: Sequence[int] = ()) -> None:
    for tag in tags:
        hand_out.put(replace(a_delivery(redelivered=tag in redelivered), tag=tag))


async def _taken(hand_out: HandOut) -> list[int] | None:
    """The tags of the next batch; None: it has to be waited for."""
    taking = asyncio.create_task(hand_out.take())
    await _looks()
    if not taking.done():
        taking.cancel()
        return None
    return [each.tag for each in taking.result()]


async def _looks() -> None:
    """Whoever was woken looks for a batch, and waits again where there is none."""
    for _ in range(3):
        await asyncio.sleep(0)


async def _woken(taking: asyncio.Task[list[Delivery]]) -> list[int]:
    """What is given to somebody who waited, and slept over nothing."""
    async with asyncio.timeout(5):
        return [each.tag for each in await taking]


@pytest.fixture(autouse=True)
def patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing here takes so long, whatever else the machine does."""
    monkeypatch.setattr(module, "PATIENCE_SECONDS", 60.0)


async def test_whatever_waits_is_given_out_up_to_the_limit() -> None:
    hand_out = _handing_out(LIMIT + WORTH_A_BATCH)

    assert await _taken(hand_out) == list(range(LIMIT))
    assert await _taken(hand_out) == list(range(LIMIT, LIMIT + WORTH_A_BATCH))
    assert await _taken(hand_out) is None


async def test_a_batch_of_large_messages_ends_at_two_mebibytes_and_takes_one_at_least() -> None:
    hand_out = HandOut(LIMIT)
    for tag, mebibytes in enumerate((1, 1, 3, 0)):
        hand_out.put(replace(a_delivery(bytes(mebibytes * 2**20)), tag=tag))

    batches = []
    for _ in range(3):
        batches.append(await _taken(hand_out))
        hand_out.finished()

    assert batches == [[0, 1], [2], [3]]


async def test_a_batch_beside_another_one_is_worth_its_cost() -> None:
    hand_out = _handing_out(1)
    assert await _taken(hand_out) == [0]
    _put(hand_out, *range(1, WORTH_A_BATCH))
    assert await _taken(hand_out) is None

    _put(hand_out, WORTH_A_BATCH)
    assert await _taken(hand_out) == list(range(1, WORTH_A_BATCH + 1))


async def test_a_batch_beside_two_or_more_is_a_full_one() -> None:
    hand_out = _handing_out(LIMIT + WORTH_A_BATCH)
    await _taken(hand_out)
    await _taken(hand_out)

    for _ in ("third", "fourth"):
        _put(hand_out, *range(1, LIMIT))
        assert await _taken(hand_out) is None
        _put(hand_out, LIMIT)
        assert await _taken(hand_out) == list(range(1, LIMIT + 1))


async def test_a_limit_below_what_is_worth_a_batch_makes_full_ones() -> None:
    hand_out = _handing_out(6, batch_size=2)

    batches = [await hand_out.take() for _ in range(3)]
    assert [len(each) for each in batches] == [2, 2, 2]


async def test_what_waited_for_a_batch_to_end_is_given_out_together() -> None:
    hand_out = _handing_out(1)
    await _taken(hand_out)
    _put(hand_out, 1, 2)
    assert await _taken(hand_out) is None

    hand_out.finished()
    assert await _taken(hand_out) == [1, 2]


async def test_a_batch_that_does_not_end_holds_no_others_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "PATIENCE_SECONDS", 0.05)
    waiting = _handing_out(1)
    await waiting.take()

    for tag in (1, 2):
        _put(waiting, tag)
        assert [each.tag for each in await waiting.take()] == [tag]


async def test_what_comes_first_starts_the_patience_of_who_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "PATIENCE_SECONDS", 0.05)
    hand_out = _handing_out(1)
    await hand_out.take()
    waiting = asyncio.create_task(hand_out.take())
    await _looks()

    _put(hand_out, 1)

    assert await _woken(waiting) == [1]


async def test_who_waits_is_woken_when_a_batch_is_worth_its_cost() -> None:
    hand_out = _handing_out(1)
    await hand_out.take()
    waiting = asyncio.create_task(hand_out.take())

    for tag in range(1, WORTH_A_BATCH + 1):
        await _looks()
        _put(hand_out, tag)

    assert await _woken(waiting) == list(range(1, WORTH_A_BATCH + 1))


async def test_who_waits_is_woken_when_a_batch_is_finished() -> None:
    hand_out = _handing_out(1)
    await hand_out.take()
    _put(hand_out, 1, 2)
    waiting = asyncio.create_task(hand_out.take())
    await _looks()

    hand_out.finished()

    assert await _woken(waiting) == [1, 2]


async def test_a_redelivered_one_is_given_out_alone() -> None:
    hand_out = _handing_out(3, redelivered=[1])

    assert await _taken(hand_out) == [0]
    assert await _taken(hand_out) is None
    hand_out.finished()
    assert await _taken(hand_out) == [1]
    assert await _taken(hand_out) is None
    hand_out.finished()
    assert await _taken(hand_out) == [2]


async def test_nothing_is_given_out_beside_a_redelivered_one_however_much_waits() -> None:
    hand_out = _handing_out(1 + LIMIT, redelivered=[0])
    assert await _taken(hand_out) == [0]
    assert await _taken(hand_out) is None

    hand_out.finished()
    assert await _taken(hand_out) == list(range(1, 1 + LIMIT))


async def test_a_redelivered_one_is_given_out_beside_nothing_however_much_waits() -> None:
    hand_out = _handing_out(1)
    await hand_out.take()
    _put(hand_out, *range(1, 1 + LIMIT), redelivered=[1])
    assert await _taken(hand_out) is None

    hand_out.finished()
    assert await _taken(hand_out) == [1]


async def test_what_waits_at_the_end_is_still_given_out() -> None:
    hand_out = _handing_out(1)
    await _taken(hand_out)
    _put(hand_out, 1)
    hand_out.end()

    assert await _taken(hand_out) is None
    hand_out.finished()
    assert await _taken(hand_out) == [1]
    assert await _taken(hand_out) == []


async def test_it_is_idle_when_nothing_waits_and_all_is_finished() -> None:
    hand_out = _handing_out(1)
    assert not hand_out.is_idle
    await _taken(hand_out)
    assert not hand_out.is_idle
    hand_out.finished()
    assert hand_out.is_idle


# An example that fails takes 5 seconds: no smaller one is looked for.
@settings(phases=[Phase.generate], suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.integers(0, 30), max_size=30), st.sets(st.integers(0, 900), max_size=5))
async def test_each_is_given_out_once_however_they_come_and_nobody_sleeps_over_it(
    bursts: list[int], redelivered: set[int]
) -> None:
    """Patience is a minute here: who is not woken for a batch comes too late."""
    hand_out, given_out, all_out = HandOut(LIMIT), list[int](), asyncio.Event()

    async def lane() -> None:
        while batch := await hand_out.take():
            given_out.extend(each.tag for each in batch)
            if len(given_out) == sum(bursts):
                all_out.set()
            await asyncio.sleep(0)
            hand_out.finished()

    async with asyncio.timeout(5), asyncio.TaskGroup() as lanes:
        for _ in range(3):
            lanes.create_task(lane())
        last = 0
        for burst in bursts:
            _put(hand_out, *range(last, last + burst), redelivered=[*redelivered])
            last += burst
            await asyncio.sleep(0)
        if last:
            await all_out.wait()
        hand_out.end()

    assert sorted(given_out) == list(range(last))
    assert hand_out.is_idle
