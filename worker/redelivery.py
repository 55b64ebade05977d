"""A message that is delivered again: perhaps because it ended the process that had it."""

from dataclasses import dataclass
from functools import partial
from typing import Final

from contracts.codes import DeadLetterCode
from worker.amqp.dead_letter_id import dead_letter_id
from worker.amqp.delivery import Delivery
from worker.amqp.malformed import Malformed
from worker.breaker import Breaker
from worker.postgres.attempts import KILLS, Attempts

_KILLER: Final = Malformed(
    DeadLetterCode.PROCESS_KILLER,
    "The worker's process ended three times while it had this message, the last two with no other begun",
)


@dataclass(frozen=True, slots=True)
class Attempt:
    """A message that was begun again, and what it is, if it is known to end processes."""

    message_hash: bytes
    killer: Malformed | None


class Redeliveries:
    def __init__(self, attempts: Attempts, breaker: Breaker, worker_id: str) -> None:
        self._attempts = attempts
        self._breaker = breaker
        self._worker_id = worker_id
        self.unfinished: set[bytes] = set()
        """Hashes of messages that were begun, and what became of them could not be noted."""

    async def begin(self, delivery: Delivery) -> Attempt:
        """Note that this message is begun.

        If it is not finished, the note is removed when the session ends, for the process outlived it. That of
        a known killer stays until the message is settled.
        """
        message_hash = bytes.fromhex(dead_letter_id(delivery))
        count = await self._begin(message_hash, delivery)
        self.unfinished.add(message_hash)
        return Attempt(message_hash, _KILLER if count >= KILLS else None)

    async def finish(self, attempt: Attempt) -> None:
        """The process outlived it. Before it is acknowledged: nothing brings it to its note afterwards."""
        await self._breaker.past_outages(partial(self._attempts.finish, attempt.message_hash))
        self.unfinished.discard(attempt.message_hash)

    async def _begin(self, message_hash: bytes, delivery: Delivery) -> int:
        # PostgreSQL stores no NUL, and what a producer wrote must not end the process.
        message_id = (delivery.properties.message_id or "").replace("\0", "\ufffd") or None
        return await self._breaker.past_outages(
            partial(self._attempts.begin, message_hash, delivery.queue, message_id, self._worker_id)
        )
