"""A message that ends the process is set aside after three times, alone; a lost session is no such end."""

import asyncio
import random
import signal
from collections.abc import Sequence
from dataclasses import replace

from tests.support.broker import CHECKOUT, connected_broker
from tests.support.carts import a_request
from tests.support.eventually import eventually
from tests.support.inputs import Input, checkouts
from tests.support.stage import KEPT, Stage
from tests.support.worker_process import CONSUMING
from worker.postgres.attempts import KILLS

NOTED = "INSERT INTO attempts (message_hash, queue, message_id, worker_id) VALUES ($1, 'q', 'm', $2)"
ATTEMPTS = "SELECT coalesce(max(attempts), 0) FROM attempts"


def _killer() -> Input:
    return Input.of(a_request("a"), outcome="process-killer")


def _at(killers: Sequence[Input], place: str = "before-commit") -> str:
    return f"{place}@{','.join(each.message_id for each in killers)}:kill"


async def _restarted_until_done(stage: Stage, inputs: Sequence[Input], **settings: object) -> int:
    """Start a worker again whenever it died, as orchestrators do; how often it died."""
    deaths = 0
    async with asyncio.timeout(60):
        while not await _lives_until_done(stage, inputs, **settings):
            deaths += 1
    return deaths


async def _lives_until_done(stage: Stage, inputs: Sequence[Input], **settings: object) -> bool:
    """Whether one worker is still there when all is answered, whoever of several answered it."""
    worker, _ = await stage.launch(**settings)

    async def it_or_the_work_ended() -> bool:
        # Python dies of a SIGTERM that comes before the worker listens to it.
        listens = worker.times_logged(CONSUMING) > 0
        return worker.has_ended or (listens and await stage.left(inputs) <= 0)

    await eventually(it_or_the_work_ended)
    if not worker.has_ended:
        worker.terminate()
    # It may have died of the last message, which another one has answered by now.
    code = await worker.exit_code()
    assert code in {0, -signal.SIGKILL}
    return code == 0


async def _kills(
    stage: Stage, inputs: Sequence[Input], killers: Sequence[Input], *, workers: int = 1, **settings: object
) -> int:
    """Have all of them worked off by workers that die of some; how often they died."""
    await stage.send(inputs)
    fatal = {"failpoint": _at(killers), **settings}
    deaths = await asyncio.gather(*(_restarted_until_done(stage, inputs, **fatal) for _ in range(workers)))
    account = await stage.account(inputs)
    assert account.is_clean, account
    assert account.ok == len(inputs)
    return sum(deaths)


async def test_a_worker_that_dies_after_its_answer_leaves_no_attempt_behind(
    stage: Stage,
) -> None:
    inputs = [Input.of(a_request("a"))]
    await stage.send(inputs)
    async with connected_broker(stage.amqp_url) as broker:
        await broker.give_back(CHECKOUT, 1)
        first, _ = await stage.launch()
        async with stage.gate():
            await stage.until_at_gate()
            stage.to_database.slow(0.3)
        await eventually(lambda: broker.ready(KEPT), lambda there: there == 1)
    first.kill()
    await first.exit_code()
    await stage.to_database.mend()
    second, _ = await stage.start()
    await stage.assert_nothing_lost(inputs, second)


async def test_a_message_id_that_cannot_be_stored_ends_no_process(stage: Stage) -> None:
    odd = replace(Input.of(a_request("a"), outcome="contract-violation"), message_id="nul\0")
    await stage.send([odd])
    async with connected_broker(stage.amqp_url) as broker:
        await broker.give_back(CHECKOUT, 1)
    worker, _ = await stage.start()
    await stage.assert_nothing_lost([odd], worker)


async def test_a_message_that_kills_the_process_is_set_aside_after_three_times_and_no_other_is(
    stage: Stage,
) -> None:
    killer = _killer()
    inputs = [*checkouts(10), killer, *checkouts(10)]
    assert await _kills(stage, inputs, [killer], batch_size=20) == 3


async def test_three_killers_among_many_messages_are_set_aside_and_all_others_are_answered(
    stage: Stage,
) -> None:
    killers = [_killer() for _ in range(3)]
    inputs = [*checkouts(200), *killers]
    random.Random(3).shuffle(inputs)
    # Those that share a batch die of one another's first time.
    assert 7 <= await _kills(stage, inputs, killers, batch_size=20) <= 9


async def test_a_killer_that_goes_from_worker_to_worker_is_set_aside_after_three_times(stage: Stage) -> None:
    killer = _killer()
    inputs = [*checkouts(100), killer, *checkouts(100)]
    assert await _kills(stage, inputs, [killer], workers=2) == 3


async def test_a_message_that_killed_twice_and_then_did_not_has_nothing_against_it(stage: Stage) -> None:
    harmless = Input.of(a_request("a"))
    inputs = [harmless, *checkouts(5)]
    await stage.send(inputs)
    for _ in range(2):
        dying, _ = await stage.launch(failpoint=_at([harmless]))
        assert await dying.exit_code() == -signal.SIGKILL
    worker, _ = await stage.start()
    await stage.assert_nothing_lost(inputs, worker)


async def test_what_a_session_could_not_say_that_it_outlived_the_next_one_forgets(stage: Stage) -> None:
    worker, _ = await stage.start()
    (own,) = {line["worker"] for line in worker.logged() if line["event"] == "worker.starting"}
    for number, worker_id in enumerate((own, "another")):
        await stage.database.execute(NOTED, bytes([number]) * 32, worker_id)
    stage.to_broker.reset()
    await worker.until_logged_times(CONSUMING, 2)
    assert await stage.database.rows("SELECT worker_id FROM attempts") == [{"worker_id": "another"}]
    assert await worker.stop() == 0


async def test_sessions_that_end_while_a_message_is_in_work_again_do_not_count_against_it(
    stage: Stage,
) -> None:
    inputs = [Input.of(a_request("a"))]
    async with stage.gate():
        await stage.send(inputs)
        for _ in range(2):
            # A worker waits longer after each session that was of no use: two sessions a worker.
            worker, _ = await stage.start(grace_seconds=1)
            await stage.until_at_gate()
            for times in (1, 2):
                stage.to_broker.reset()
                await worker.until_logged_times("worker.session-lost", times)
                # What the lost session began waits a little longer than the session lasts.
                await stage.until_nobody_is_at_gate()
                await worker.until_logged_times(CONSUMING, times + 1)
                await stage.until_at_gate()
            worker.terminate()
            assert await worker.exit_code() == 0
            # What the process began, too: it is not to be taken for the next one's.
            await stage.until_nobody_is_at_gate()
        assert await stage.database.value(ATTEMPTS) == 0
    last, _ = await stage.start()
    await stage.assert_nothing_lost(inputs, last)


async def test_a_worker_that_stops_while_a_message_is_in_work_again_has_nothing_against_it(
    stage: Stage,
) -> None:
    inputs = [Input.of(a_request("a"))]
    await stage.send(inputs)
    dying, _ = await stage.launch(failpoint=_at(inputs))
    assert await dying.exit_code() == -signal.SIGKILL
    async with stage.alarm():
        worker, _ = await stage.start(grace_seconds=0.1)
        await worker.until_logged("publishing-blocked")
        assert await stage.database.value(ATTEMPTS) == 1
        stage.to_database.slow(0.02)
        assert await worker.stop() == 0
        assert await stage.database.value(ATTEMPTS) == 0
    last, _ = await stage.start()
    await stage.assert_nothing_lost(inputs, last)


async def test_a_killer_whose_dead_letter_is_not_confirmed_stays_known(stage: Stage) -> None:
    killer = _killer()
    await stage.send([killer])
    for _ in range(KILLS):
        dying, _ = await stage.launch(failpoint=_at([killer]))
        assert await dying.exit_code() == -signal.SIGKILL
    async with stage.alarm():
        worker, _ = await stage.start(failpoint=_at([killer]))
        await worker.until_logged("publishing-blocked")
        for times in (1, 2):
            stage.to_broker.reset()
            await worker.until_logged_times(CONSUMING, times + 1)
        assert await stage.database.value(ATTEMPTS) == KILLS
    await stage.assert_nothing_lost([killer], worker)
