"""Which dead letters a command is about: the options that such commands share."""

from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

from cyclopts import Parameter

from worker.cli.moment import Moment, moment_of
from worker.cli.output import Limit
from worker.deadletters.words import query_of
from worker.errors import ConfigurationFault
from worker.postgres.dead_letters import UNRESOLVED, LetterFilter, LetterState

LetterName = Annotated[
    str, Parameter(help="Its id, or at least the first 8 digits of it, or the id of its message.")
]
Ids = Annotated[
    str,
    Parameter(
        help="Their ids, or at least the first 8 digits of these, or the ids of their messages; "
        "without any, all that match the options."
    ),
]
OldestFirst = Annotated[Limit, Parameter(help="Take at most this many, oldest failures first.")]
States = Annotated[tuple[LetterState, ...], Parameter(negative="", show_default=False)]
AllStates = Annotated[bool, Parameter(name="--all", negative="")]


@Parameter(name="*")
@dataclass(frozen=True, slots=True)
class Selection:
    """Options that choose dead letters; those that are given hold together."""

    code: str | None = None
    """Only those with this code."""

    group: str | None = None
    """Only those in the group with this fingerprint."""

    customer: UUID | None = None
    """Only those of this customer."""

    cart: UUID | None = None
    """Only those of this cart."""

    source: str | None = None
    """Only those from this source."""

    state: States = ()
    """Only those in this state; may be repeated. Default: unresolved ones; for restore: discarded ones."""

    since: Moment | None = None
    """Only those whose last failure was at or after this time: 2026-01-31T12:00 (UTC unless it names a zone),
    or an age: 90m, 12h, 7d."""

    until: Moment | None = None
    """Only those whose last failure was before this time."""

    text: str | None = None
    """Only those with all of these words in body, reason or ids; case is ignored."""

    def filter(self, *, all_states: bool = False) -> LetterFilter:
        """Raises: ConfigurationFault."""
        query = query_of(self.text) if self.text is not None else None
        if self.text is not None and query is None:
            raise ConfigurationFault("--text has no word to look for: pass letters or digits")
        return LetterFilter(
            states=states_of(self.state, all_states=all_states),
            code=self.code,
            fingerprint=self.group,
            customer_id=self.customer,
            cart_id=self.cart,
            source=self.source,
            since=moment_of(self.since, "--since") if self.since is not None else None,
            until=moment_of(self.until, "--until") if self.until is not None else None,
            text=query,
        )


def states_of(given: tuple[LetterState, ...], *, all_states: bool) -> list[LetterState]:
    if given:
        return list(dict.fromkeys(given))
    return list(LetterState if all_states else UNRESOLVED)
