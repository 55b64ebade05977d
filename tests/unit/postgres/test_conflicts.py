"""What another transaction came before is done again, and not for ever."""

import pytest

from worker.errors import TransactionConflict
from worker.postgres.conflicts import past_conflicts


class Contended:
    """Work that others are first at so many times."""

    def __init__(self, times: int) -> None:
        self.times = times

    async def __call__(self) -> str:
        if self.times:
            self.times -= 1
            raise TransactionConflict
        return "done"


async def test_what_others_were_first_at_is_done_again() -> None:
    assert await past_conflicts(Contended(3)) == "done"


async def test_what_others_are_always_first_at_fails_in_the_end() -> None:
    with pytest.raises(TransactionConflict):
        await past_conflicts(Contended(1_000))
