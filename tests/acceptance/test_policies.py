"""Policies of the broker under which accepted messages would be lost: `checkout check` tells of them."""

from typing import Any

import pytest
from yarl import URL

from tests.support.command_line import CommandLine
from tests.support.eventually import eventually
from tests.support.management import ManagementApi

QUEUES = ("cart.checkout", "cart.dead-letters", "cart.update")


async def _problems(fresh: CommandLine, vhost: str, management: ManagementApi, **policy: Any) -> list[str]:
    """What the check says under a policy; the broker takes a moment to tell what its policies come to."""
    await fresh.run("topology", "apply")
    name = URL(vhost).path.removeprefix("/")
    await management.set_policy(name, **policy)
    await eventually(lambda: management.policies(name), lambda found: sum(map(bool, found.values())) >= 2)
    checked = await fresh.run("topology", "check", "--json")
    assert checked.code == bool(checked.document["problems"])
    return list(checked.document["problems"])


@pytest.fixture
def fresh(command_line: CommandLine, vhost: str) -> CommandLine:
    return command_line.changed(amqp_url=vhost)


@pytest.mark.parametrize("by_operator", [False, True])
async def test_a_policy_that_drops_messages_is_told(
    fresh: CommandLine, vhost: str, management: ManagementApi, *, by_operator: bool
) -> None:
    definition = {"message-ttl": 200_000}
    problems = await _problems(
        fresh, vhost, management, name="ttl", definition=definition, by_operator=by_operator
    )
    kind = "operator policy" if by_operator else "policy"
    assert (
        f"queue cart.dead-letters: {kind} `ttl` sets message-ttl=200000, so that messages are dropped: "
        "exclude cart.* from its pattern"
    ) in problems
    assert sorted(each.split(":")[0] for each in problems) == [f"queue {each}" for each in QUEUES]


async def test_all_that_policies_come_to_is_told(
    fresh: CommandLine, vhost: str, management: ManagementApi
) -> None:
    definition = {"max-length": 5, "delivery-limit": 5, "overflow": "drop-head", "dead-letter-exchange": "x"}
    problems = await _problems(fresh, vhost, management, name="all", definition=definition)
    told = {(each.split()[1], each.split(" sets ")[1].split("=")[0]) for each in problems}
    everywhere = {(f"{queue}:", key) for queue in QUEUES for key in ("max-length", "delivery-limit")}
    overflows = {("cart.checkout:", "overflow"), ("cart.update:", "overflow")}
    assert told == everywhere | overflows | {("cart.dead-letters:", "dead-letter-exchange")}


async def test_a_policy_that_costs_no_message_is_none_of_our_concern(
    fresh: CommandLine, vhost: str, management: ManagementApi
) -> None:
    definition = {"delivery-limit": 1000, "dead-letter-exchange": "x"}
    problems = await _problems(
        fresh, vhost, management, name="all", definition=definition, pattern="^cart\\.(checkout|update)$"
    )
    assert problems == []


async def test_the_whole_check_tells_of_policies_a_line_each(
    fresh: CommandLine, vhost: str, management: ManagementApi
) -> None:
    await _problems(fresh, vhost, management, name="few", definition={"max-length": 5})
    checked = await fresh.run("check", "--json")
    (wrong,) = [each for each in checked.document if not each["ok"]]
    assert (checked.code, wrong["name"]) == (1, "topology")
    assert "queue cart.dead-letters: policy `few` sets max-length=5" in wrong["text"]
    told = (await fresh.run("check")).out.splitlines()
    assert [line.count("sets max-length=5") for line in told if "few" in line] == [1] * len(QUEUES)
