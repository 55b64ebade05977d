"""The broker in trouble: nothing is lost, and the same worker works on when it is over."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from urllib.parse import urlsplit

import pytest
from aiormq.abc import FieldTable
from yarl import URL

from contracts.wire import RESULTS_EXCHANGE
from tests.support.broker import CHECKOUT, DEAD_LETTERS, connected_broker
from tests.support.eventually import eventually
from tests.support.inputs import Input, checkouts
from tests.support.proxy import Proxy, Way
from tests.support.stage import KEPT, Stage
from tests.support.worker_process import WorkerProcess
from worker.amqp.connection import HEARTBEAT_SECONDS

# aiormq gives a silent peer up after three heartbeats and as many seconds.
SILENCE_SECONDS = 3 * (HEARTBEAT_SECONDS + 1) + 5
OTHER_ARGUMENTS: FieldTable = {"x-queue-type": "quorum", "x-delivery-limit": 7}


async def test_a_restart_under_load_delays_and_harms_nothing(stage: Stage) -> None:
    inputs, worker, _ = await stage.busy()
    await stage.services.rabbitmq.restart()
    await stage.assert_nothing_lost(inputs, worker)


async def test_a_kill_under_load_delays_and_harms_nothing(stage: Stage) -> None:
    inputs, worker, _ = await stage.busy()
    await stage.services.rabbitmq.kill()
    await stage.services.rabbitmq.start()
    await stage.assert_nothing_lost(inputs, worker)


async def test_connections_that_are_reset_again_and_again_delay_and_harm_nothing(stage: Stage) -> None:
    inputs, worker, health = await stage.busy()
    for _ in range(3):
        await health.until_ready()
        stage.to_broker.reset()
        await health.until_not_ready("")
    await stage.assert_nothing_lost(inputs, worker)


async def test_a_broker_that_is_lost_while_the_database_is_frozen_delays_and_harms_nothing(
    stage: Stage,
) -> None:
    inputs, worker, health = await stage.busy()
    stage.services.postgres.freeze()
    try:
        stage.to_broker.reset()
        await health.until_not_ready("")
    finally:
        stage.services.postgres.thaw()
    await stage.assert_nothing_lost(inputs, worker)


async def test_lines_that_carry_nothing_any_more_are_given_up_whichever_way_is_dead(stage: Stage) -> None:
    inputs = checkouts(60)
    port = urlsplit(stage.amqp_url).port or 0
    async with AsyncExitStack() as lines:
        dead = {ways: await lines.enter_async_context(Proxy(port)) for ways in ((), *((way,) for way in Way))}
        workers = [await _start_at(stage, line) for line in dead.values()]
        async with stage.gate():
            await stage.send(inputs)
            await stage.until_at_gate(len(workers))
            for ways, line in dead.items():
                line.freeze(*ways)
        for worker in workers:
            await worker.until_logged("worker.session-lost", within=SILENCE_SECONDS)
        for line in dead.values():
            await line.mend()
        await stage.assert_nothing_lost(inputs, *workers)


async def _start_at(stage: Stage, line: Proxy) -> WorkerProcess:
    url = str(URL(stage.amqp_url).with_port(line.port))
    worker, _ = await stage.start(amqp_url=url, prefetch=5)
    return worker


async def test_a_memory_alarm_holds_publishing_up_and_costs_no_delivery(stage: Stage) -> None:
    inputs = checkouts(60)
    worker, health = await stage.start()
    async with AsyncExitStack() as alarm:
        async with stage.gate():
            await stage.send(inputs)
            await stage.until_at_gate()
            await alarm.enter_async_context(stage.alarm())
        await worker.until_logged("worker.publishing-blocked")
    await stage.until_done(inputs)
    assert await health.metric("checkout_redelivered_total") == 0
    assert worker.times_logged("worker.session-lost") == 0
    await stage.assert_nothing_lost(inputs, worker)


async def test_a_worker_that_starts_under_a_memory_alarm_consumes_and_waits_for_its_end(stage: Stage) -> None:
    inputs = checkouts(20)
    await stage.send(inputs)
    async with stage.alarm():
        worker, health = await stage.start()
        await worker.until_logged("worker.publishing-blocked")
    await stage.until_done(inputs)
    assert await health.metric("checkout_redelivered_total") == 0
    assert worker.times_logged("worker.session-lost") == 0
    await stage.assert_nothing_lost(inputs, worker)


@asynccontextmanager
async def _patience(stage: Stage, milliseconds: int) -> AsyncIterator[None]:
    """How long the broker waits for an acknowledgement, and how often it looks; new channels go by it."""
    names = {"consumer_timeout": 1_800_000, "channel_tick_interval": 60_000}
    for name in names:
        await stage.services.rabbitmq.control("eval", f"application:set_env(rabbit, {name}, {milliseconds}).")
    try:
        yield
    finally:
        for name, usual in names.items():
            await stage.services.rabbitmq.control("eval", f"application:set_env(rabbit, {name}, {usual}).")


async def test_a_message_held_for_longer_than_the_broker_waits_is_done_once(stage: Stage) -> None:
    inputs = checkouts(20)
    async with _patience(stage, 1_000):
        worker, _ = await stage.start()
        async with stage.gate():
            await stage.send(inputs)
            await worker.until_logged("delivery acknowledgement on channel")
    await stage.assert_nothing_lost(inputs, worker)


async def test_a_queue_that_is_deleted_is_waited_for_and_consumed_when_it_is_back(stage: Stage) -> None:
    worker, health = await stage.start()
    async with connected_broker(stage.amqp_url) as broker:
        await broker.give_up(CHECKOUT)
    try:
        await health.until_not_ready("cart.checkout")
    finally:
        await stage.apply_topology()
    await health.until_ready()
    inputs = checkouts(20)
    await stage.send(inputs)
    await stage.assert_nothing_lost(inputs, worker)


async def test_a_queue_that_is_made_anew_with_other_arguments_is_consumed(stage: Stage) -> None:
    worker, health = await stage.start()
    inputs = checkouts(20)
    async with connected_broker(stage.amqp_url) as broker:
        await broker.give_up(CHECKOUT)
        await health.until_not_ready("")
        await broker.make_queue(CHECKOUT, OTHER_ARGUMENTS)
        try:
            await broker.bind(CHECKOUT, "cart.commands", CHECKOUT)
            await health.until_ready()
            await stage.send(inputs)
            await stage.assert_nothing_lost(inputs, worker)
        finally:
            await broker.give_up(CHECKOUT)
            await stage.apply_topology()


async def test_a_purge_takes_what_waits_and_nothing_that_is_in_work(stage: Stage) -> None:
    inputs = checkouts(40)
    worker, _ = await stage.start(prefetch=10)
    async with stage.gate():
        await stage.send(inputs)
        await stage.until_at_gate()
        async with connected_broker(stage.amqp_url) as broker:
            await eventually(broker.ready, lambda count: 0 < count < len(inputs))
            purged = await broker.empty(CHECKOUT)
    await eventually(lambda: stage.database.count("checkouts"), lambda count: count == len(inputs) - purged)
    done = {row["message_id"] for row in await stage.database.rows("SELECT message_id FROM checkouts")}
    await stage.assert_nothing_lost([each for each in inputs if each.message_id in done], worker)


@pytest.fixture
async def user(stage: Stage) -> AsyncIterator[str]:
    """A user of the worker's own, whose rights a test may take."""
    name = "tests-worker"
    await stage.management.make_user(name, name)
    await stage.management.permit(name, "/")
    yield name
    await stage.management.delete_user(name)


async def test_rights_that_are_taken_are_waited_for(stage: Stage, user: str) -> None:
    url = str(URL(stage.amqp_url).with_user(user).with_password(user))
    worker, health = await stage.start(amqp_url=url)
    inputs = checkouts(20)
    await stage.management.permit(user, "/", write="^$", read="^$")
    await stage.send(inputs)
    await health.until_not_ready("ACCESS_REFUSED")
    await stage.management.permit(user, "/")
    await stage.assert_nothing_lost(inputs, worker)


async def test_dead_letters_that_no_queue_would_keep_stay_where_they_are(stage: Stage) -> None:
    inputs = [Input.malformed(), *checkouts(20), Input.malformed()]
    async with connected_broker(stage.amqp_url) as broker:
        await broker.unbind(DEAD_LETTERS, DEAD_LETTERS)
    try:
        await stage.send(inputs)
        worker, health = await stage.launch()
        await health.until_live()
        await health.until_not_ready("topology apply")
    finally:
        await stage.apply_topology()
    await stage.assert_nothing_lost(inputs, worker)


async def test_an_announcement_that_went_nowhere_is_made_again_with_its_dead_letter(stage: Stage) -> None:
    worker, health = await stage.start()
    inputs = [Input.malformed(), *checkouts(5)]
    async with connected_broker(stage.amqp_url) as broker:
        await broker.take_away(RESULTS_EXCHANGE)
        await stage.send(inputs[:1])
        await health.until_not_ready("topology apply")
        await stage.apply_topology()
        await broker.keep_events(KEPT, "classic")
    await stage.send(inputs[1:])
    await stage.assert_nothing_lost(inputs, worker)


async def test_a_message_that_is_given_back_too_often_is_a_dead_letter_of_the_broker(stage: Stage) -> None:
    """The last net, for whatever the worker cannot count."""
    (unlucky,) = checkouts(1)
    await stage.send([unlucky])
    await stage.management.limit_deliveries(CHECKOUT, 2)
    try:
        async with connected_broker(stage.amqp_url) as broker:
            for _ in range(3):
                await broker.return_one(CHECKOUT)
            (letter,) = await broker.dead_letters(1)
    finally:
        await stage.management.unlimit_deliveries()
    assert (letter.id, letter.body) == (unlucky.message_id, unlucky.body)
    assert letter.headers["x-first-death-reason"] == "delivery_limit"
