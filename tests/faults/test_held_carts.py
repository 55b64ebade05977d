"""Somebody keeps a cart locked: its commands wait, beside the worker and not in its way."""

from collections.abc import Sequence

from tests.support.broker import CHECKOUT, connected_broker
from tests.support.carts import Request, a_request
from tests.support.eventually import eventually
from tests.support.held_cart import held_cart
from tests.support.inputs import Input, checkouts
from tests.support.stage import Stage

# A statement waits for eight seconds.
WITHIN_SECONDS = 30.0


def _again(first: Request) -> Input:
    return Input.of(Request(first.lines, first.customer_id, first.cart_id))


async def _until_left(stage: Stage, count: int, inputs: Sequence[Input]) -> None:
    await eventually(lambda: stage.left(inputs), lambda left: left == count, within=WITHIN_SECONDS)


async def test_all_others_are_served_while_somebody_holds_a_cart_and_its_own_follow(stage: Stage) -> None:
    first = a_request("a")
    done = [Input.of(first)]
    worker, health = await stage.start()
    await stage.send(done)
    await stage.until_done(done)
    async with held_cart(stage.database.url, first.cart_id):
        held, others = [_again(first), _again(first)], checkouts(40)
        await stage.send([*others[:10], held[0], *others[10:20]])
        await _until_left(stage, 1, [*done, held[0], *others[:20]])
        # Now it is known.
        await stage.send([held[1], *others[20:]])
        await _until_left(stage, 2, [*done, *held, *others])
        assert await health.metric("checkout_messages_held") == 2
        await health.until_ready()
    await stage.until_done([*done, *held, *others], within=WITHIN_SECONDS)
    assert worker.times_logged("worker.paused") == 0
    await stage.assert_nothing_lost([*done, *held, *others], worker)


async def test_a_held_cart_that_comes_first_and_was_delivered_before_keeps_nobody_waiting(
    stage: Stage,
) -> None:
    first = a_request("a")
    done, held, others = [Input.of(first)], [_again(first)], checkouts(20)
    former, _ = await stage.start()
    await stage.send(done)
    await stage.until_done(done)
    assert await former.stop() == 0
    async with held_cart(stage.database.url, first.cart_id):
        await stage.send(held)
        async with connected_broker(stage.amqp_url) as broker:
            await broker.give_back(CHECKOUT, 1)
        await stage.send(others)
        worker, _ = await stage.start()
        await _until_left(stage, 1, [*done, *held, *others])
        assert await stage.database.count("attempts") == 0
        # What waits is left to whoever comes next.
        assert await worker.stop() == 0
    last, _ = await stage.start()
    await stage.assert_nothing_lost([*done, *held, *others], last)
