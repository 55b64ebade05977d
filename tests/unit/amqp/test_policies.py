"""Which policies do harm, by the version of the broker: arguments and policies meet in different ways."""

from collections.abc import Mapping
from typing import Any

import pytest

from worker.amqp.policies import harm_of_policies
from worker.amqp.topology import topology

ARGUMENTS = {major: {each.name: each.arguments for each in topology(major).queues} for major in (3, 4)}


def _harm(major: int, name: str, definition: Mapping[str, Any] | None, **names: str) -> list[str]:
    arguments = ARGUMENTS[major][name]
    found = {"name": name, "arguments": arguments, "effective_policy_definition": definition, **names}
    return harm_of_policies(found, arguments, may_be_unlimited=major == 4)


@pytest.mark.parametrize(
    ("major", "name", "limit", "harms"),
    [
        (3, "cart.checkout", 99, True),
        (3, "cart.checkout", 100, False),
        (3, "cart.checkout", -1, True),
        (3, "cart.dead-letters", 1000, True),
        (3, "cart.dead-letters", -1, True),
        (4, "cart.checkout", 99, True),
        (4, "cart.checkout", 101, False),
        (4, "cart.checkout", -1, False),
        (4, "cart.dead-letters", 1000, True),
        (4, "cart.dead-letters", -1, False),
    ],
)
def test_a_limit_of_deliveries_counts_where_the_broker_takes_it(
    major: int, name: str, limit: int, *, harms: bool
) -> None:
    assert bool(_harm(major, name, {"delivery-limit": limit})) is harms


@pytest.mark.parametrize("key", ["message-ttl", "expires", "max-length", "max-length-bytes"])
@pytest.mark.parametrize("name", ARGUMENTS[4])
def test_whatever_ends_messages_is_told_of_every_queue(name: str, key: str) -> None:
    (told,) = _harm(4, name, {key: 7}, policy="short")
    assert told.startswith(f"queue {name}: policy `short` sets {key}=7, so that ")


@pytest.mark.parametrize("policy", [None, {}, {"overflow": "reject-publish"}, {"unknown": 1}])
@pytest.mark.parametrize("name", ARGUMENTS[4])
def test_what_changes_nothing_is_not_told(name: str, policy: Mapping[str, Any] | None) -> None:
    assert _harm(4, name, policy) == []


def test_an_argument_wins_over_a_policy_in_where_dead_letters_go() -> None:
    policy = {
        "dead-letter-exchange": "x",
        "dead-letter-strategy": "at-most-once",
        "dead-letter-routing-key": "k",
    }
    assert len(_harm(4, "cart.update", policy)) == 1
    assert "dead-letter-routing-key=k" in _harm(4, "cart.update", policy)[0]


def test_both_policies_are_named_since_the_broker_tells_only_what_they_come_to() -> None:
    (told,) = _harm(4, "cart.update", {"expires": 7}, policy="a", operator_policy="b")
    assert "policy `a` and operator policy `b` set expires=7" in told
