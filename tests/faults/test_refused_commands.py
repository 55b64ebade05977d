"""Commands that the broker itself refuses: its settings are those of these services."""

from pathlib import Path

from tests.support.carts import a_request
from tests.support.command_line import CommandLine
from tests.support.stage import Stage
from worker.cli.exit import Exit


async def test_submit_tells_why_the_broker_refused(stage: Stage, tmp_path: Path) -> None:
    command_line = CommandLine({"CHECKOUT_AMQP_URL": stage.amqp_url}, tmp_path)
    file = command_line.file("cart.json", b" " * 3_000_000 + a_request("a").body)
    submitted = await command_line.run("submit", file)
    assert submitted.code == Exit.BROKER
    assert submitted.err.startswith("command 1: not confirmed, --message-id ")
    assert "PRECONDITION_FAILED" in submitted.err
