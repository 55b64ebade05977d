"""Policies of the broker that would lose, refuse or mislead what our queues hold."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

_DROPS: Final = {
    "message-ttl": "messages are dropped",
    "expires": "the queue is deleted with all that it holds",
    "max-length": "messages are dropped",
    "max-length-bytes": "messages are dropped",
}
_SETS_ASIDE: Final = _DROPS | {
    "message-ttl": "messages that wait become dead letters",
    "max-length": "messages are refused",
    "max-length-bytes": "messages are refused",
}
_ELSEWHERE: Final = ("dead-letter-exchange", "dead-letter-routing-key", "dead-letter-strategy")


def harm_of_policies(
    queue: Mapping[str, Any], wanted: Mapping[str, Any], *, may_be_unlimited: bool
) -> list[str]:
    """What policies do to a queue that its arguments do not ask for, a sentence each.

    Of a policy and an operator policy the broker tells what both come to.
    """
    effective = queue.get("effective_policy_definition") or {}
    harm = (
        *_losses(effective, wanted),
        *_fewer_deliveries(effective, wanted, may_be_unlimited=may_be_unlimited),
        *_other_ways(effective, wanted, queue["arguments"]),
    )
    return [
        f"queue {queue['name']}: {_named(queue)} {key}={effective[key]}, so that {what}: "
        "exclude cart.* from its pattern"
        for key, what in harm
    ]


def _named(queue: Mapping[str, Any]) -> str:
    kinds = {"policy": queue.get("policy"), "operator policy": queue.get("operator_policy")}
    names = [f"{kind} `{name}`" for kind, name in kinds.items() if name]
    return f"{' and '.join(names) or 'a policy'} {'set' if len(names) > 1 else 'sets'}"


def _losses(effective: Mapping[str, Any], wanted: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Of an argument and a policy, quorum queues take the lower one; we have no such arguments."""
    told = _SETS_ASIDE if "x-dead-letter-exchange" in wanted else _DROPS
    yield from ((key, what) for key, what in told.items() if key in effective)


def _fewer_deliveries(
    effective: Mapping[str, Any], wanted: Mapping[str, Any], *, may_be_unlimited: bool
) -> Iterator[tuple[str, str]]:
    """RabbitMQ 4 takes the higher one of two where one is negative, 3.x always the lower one."""
    ours, limit = wanted.get("x-delivery-limit", -1), effective.get("delivery-limit")
    if limit is None or (limit < 0 and may_be_unlimited):
        return
    if ours < 0 or limit < ours:
        yield "delivery-limit", "messages that are delivered again are given up"


def _other_ways(
    effective: Mapping[str, Any], wanted: Mapping[str, Any], has: Mapping[str, Any]
) -> Iterator[tuple[str, str]]:
    """An argument wins over a policy, but for the overflow of quorum queues."""
    ours = wanted.get("x-overflow")
    if ours and effective.get("overflow", ours) != ours:
        yield "overflow", "dead letters of the broker may be lost"
    for key in _ELSEWHERE:
        argument = f"x-{key}"
        if key in effective and argument not in has and effective[key] != wanted.get(argument):
            yield key, "what the broker sets aside goes another way"
