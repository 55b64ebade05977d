"""A run of replays: claim, publish, and hear what became of them."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import islice
from time import monotonic
from typing import Final

from contracts.wire import CHECKOUT_KEY
from worker.amqp.outgoing import Outgoing, Receipt
from worker.amqp.publisher import Publisher
from worker.deadletters.pace import Pace
from worker.deadletters.replay_message import key_of, replay_message
from worker.errors import BrokerUnavailable
from worker.postgres.dead_letters import LetterState
from worker.postgres.replays import Chosen, Claim, Replays

_BETWEEN_LOOKS: Final = 0.25
_BAD_CANARIES: Final = "not all of the first ones were resolved, so the others were not sent"
_NOT_TAKEN: Final = (
    "the broker accepted none of them, so the others were not sent: is the queue full, or missing?"
)
_NOWHERE: Final = frozenset({Receipt.RETURNED, Receipt.REFUSED})


@dataclass(frozen=True, slots=True)
class ReplayPlan:
    """How to replay. Key: of those of which nothing else tells where they go. Waiting: without any news."""

    actor: str
    why: str | None = None
    key: str | None = None
    rate: float | None = None
    canary: int = 0
    wait_seconds: float = 30.0


@dataclass(slots=True)
class Tally:
    """What became of them, by id."""

    sent: int = 0
    pending: dict[str, None] = field(default_factory=dict)
    """Published, or perhaps so, and without an outcome yet."""

    resolved: list[str] = field(default_factory=list)
    failed_again: list[str] = field(default_factory=list)
    skipped: list[str] = field(default_factory=list)
    """Not ours to claim: others replay them, or they are settled."""

    given_back: list[str] = field(default_factory=list)
    """The broker did not take them."""

    stopped: str | None = None
    """Why the others stay as they are."""

    @property
    def begun(self) -> set[str]:
        """Those that were claimed, and those that others have."""
        return {*self.pending, *self.resolved, *self.failed_again, *self.skipped, *self.given_back}

    @property
    def is_good(self) -> bool:
        return not (self.failed_again or self.given_back or self.stopped)


class Replaying:
    """One run over dead letters that were chosen."""

    def __init__(
        self, replays: Replays, publisher: Publisher, plan: ReplayPlan, news: Callable[[Tally], None]
    ) -> None:
        self._replays = replays
        self._publisher = publisher
        self._plan = plan
        self._news = news
        self._looked = monotonic()
        self.tally = Tally()

    async def run(self, chosen: Sequence[Chosen]) -> None:
        """Replay them. Cancelled: what is in flight lands first, nothing is left half claimed.

        Raises:
            BrokerUnavailable: the broker said nothing of a whole flight; these claims lapse.
            DatabaseUnavailable: claims that were not seen may have been made, and lapse.
        """
        canaries, others = chosen[: self._plan.canary], chosen[self._plan.canary :]
        if canaries:
            await self._send(canaries)
            await self.wait()
            if len(self.tally.resolved) < self.tally.sent or not self.tally.is_good:
                self.tally.stopped = self.tally.stopped or (_BAD_CANARIES if others else None)
                return
        await self._send(others)
        await self.wait()

    async def wait(self) -> None:
        """Wait for outcomes, for as long as some come."""
        heard, left = monotonic(), len(self.tally.pending)
        while self.tally.pending and monotonic() - heard < self._plan.wait_seconds:
            await self._look()
            if len(self.tally.pending) < left:
                heard, left = monotonic(), len(self.tally.pending)
            elif left:
                await asyncio.sleep(_BETWEEN_LOOKS)

    async def _send(self, chosen: Sequence[Chosen]) -> None:
        pace, waiting = Pace(self._plan.rate), iter(chosen)
        while flight := [each.dead_letter_id for each in islice(waiting, pace.flight)]:
            await pace.turn(len(flight))
            flying = asyncio.ensure_future(self._fly(flight))
            try:
                await asyncio.shield(flying)
            except asyncio.CancelledError:
                await flying
                raise
            if monotonic() - self._looked > 1:
                await self._look()
            self._news(self.tally)
            if self.tally.stopped:
                return

    async def _fly(self, ids: Sequence[str]) -> None:
        claims = await self._replays.claim(ids, self._plan.actor, self._plan.why)
        ours = {each.dead_letter_id for each in claims}
        self.tally.skipped += [each for each in ids if each not in ours]
        await self.publish(claims)

    async def publish(self, claims: Sequence[Claim]) -> None:
        """Send what is claimed, all at once. Raises: as `run` does."""
        self.tally.pending |= dict.fromkeys(each.dead_letter_id for each in claims)
        receipts = await self._publisher.publish([self._message(each) for each in claims])
        nowhere = [each for each, said in zip(claims, receipts, strict=True) if said in _NOWHERE]
        self.tally.sent += len(claims) - len(nowhere)
        if nowhere:
            await self._give_back(nowhere)
        if nowhere and len(nowhere) == len(claims):
            # To try all of them would fill their history.
            self.tally.stopped = _NOT_TAKEN
        if claims and all(receipt is Receipt.UNKNOWN for receipt in receipts):
            raise BrokerUnavailable(
                f"The broker does not answer: {_told(len(claims))} in 10 minutes, unless resolved"
            )

    def _message(self, claim: Claim) -> Outgoing:
        key = key_of(claim.queue, claim.routing_key) or self._plan.key or CHECKOUT_KEY
        return replay_message(claim, key, self._plan.actor)

    async def _give_back(self, claims: Sequence[Claim]) -> None:
        why = "the broker did not take the message"
        await self._replays.give_back(claims, self._plan.actor, why)
        for each in claims:
            del self.tally.pending[each.dead_letter_id]
            self.tally.given_back.append(each.dead_letter_id)

    async def _look(self) -> None:
        """Ask what became of those that are pending."""
        self._looked = monotonic()
        rows = await self._replays.states(list(self.tally.pending))
        for name, row in rows.items():
            if row["state"] == LetterState.REPLAYING:
                continue
            del self.tally.pending[name]
            into = self.tally.resolved if row["state"] == LetterState.RESOLVED else self.tally.failed_again
            into.append(name)
        self._news(self.tally)


def _told(count: int) -> str:
    return f"{count} dead letter{'' if count == 1 else 's'} can be replayed again"
