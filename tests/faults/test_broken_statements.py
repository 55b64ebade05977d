"""A database that answers, and not to what one message or one batch asks of it: the others are served."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from tests.support.broker import CHECKOUT, connected_broker
from tests.support.carts import a_request
from tests.support.eventually import eventually
from tests.support.inputs import Input, checkouts
from tests.support.stage import Stage

# What is at fault alone is tried twelve times, with pauses of five seconds in the end.
WITHIN_SECONDS = 90.0


@asynccontextmanager
async def _broken(stage: Stage, each: str, body: str) -> AsyncIterator[None]:
    """Orders cannot be stored where this says so."""
    await stage.database.execute(
        f"CREATE FUNCTION breaks() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {body} RETURN NULL; END $$; "
        f"CREATE TRIGGER breaks AFTER INSERT ON orders {each} EXECUTE FUNCTION breaks()"
    )
    try:
        yield
    finally:
        await stage.database.execute("DROP TRIGGER breaks ON orders; DROP FUNCTION breaks()")


async def test_a_message_whose_rows_are_broken_is_set_aside_though_it_is_handled_alone(stage: Stage) -> None:
    bad, others = Input.of(a_request("a"), outcome="unexpected-error"), checkouts(20)
    of_bad = f"IF NEW.customer_id = '{bad.customer_id}' THEN RAISE SQLSTATE 'XX001'; END IF;"
    async with _broken(stage, "FOR EACH ROW", of_bad):
        await stage.send([bad])
        async with connected_broker(stage.amqp_url) as broker:
            await broker.give_back(CHECKOUT, 1)
        await stage.send(others)
        worker, _ = await stage.start()
        await stage.until_done([bad, *others], within=WITHIN_SECONDS)
    await stage.assert_nothing_lost([bad, *others], worker)


async def test_a_batch_that_takes_too_long_is_done_in_parts(stage: Stage) -> None:
    inputs = checkouts(80)
    slow = "IF (SELECT count(*) FROM made) > 45 THEN RAISE SQLSTATE '57014'; END IF;"
    async with _broken(stage, "REFERENCING NEW TABLE AS made FOR EACH STATEMENT", slow):
        await stage.send(inputs)
        worker, _ = await stage.start(batch_size=80)
        await eventually(lambda: stage.left(inputs), lambda left: left <= 0, within=WITHIN_SECONDS)
        assert worker.times_logged("batch.split") > 0
    await stage.assert_nothing_lost(inputs, worker)
