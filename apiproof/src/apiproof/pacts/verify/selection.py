"""What will be played, decided before anything runs: filters, and whether it can be played at all.

Everything that pact's own verifier would pass over in silence, or find out after minutes, is told
here: a wrong provider, an unknown state, a filter that matches nothing.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from apiproof.errors import UserError
from apiproof.pacts.reading import Interaction
from apiproof.pacts.states import ParametersInvalid, StateRegistry, StateUnknown
from apiproof.pacts.states.state import nearest
from apiproof.pacts.verify.sources import Source


class FilterInvalid(UserError):
    """A filter is not a regular expression."""


@dataclass(frozen=True)
class Filter:
    """Which interactions are wanted; None means all.

    Attributes:
        consumers: names of consumers.
        description: a regular expression, found anywhere in the description.
        state: a regular expression, found anywhere in the name of a state.
    """

    consumers: tuple[str, ...] = ()
    description: str | None = None
    state: str | None = None

    def __post_init__(self) -> None:
        for option, pattern in (("--description", self.description), ("--state", self.state)):
            try:
                re.compile(pattern or "")
            except re.error as why:
                raise FilterInvalid(
                    f"{option} {pattern!r} is not a regular expression ({why})."
                ) from None

    def wants(self, interaction: Interaction) -> bool:
        """Whether an interaction is wanted, whoever its consumer is."""
        if self.description and not re.search(self.description, interaction.description):
            return False
        names = [state.name for state in interaction.states]
        return not self.state or any(re.search(self.state, name) for name in names)

    def __str__(self) -> str:
        options = [f"--consumer {name!r}" for name in self.consumers]
        options += [f"--description {self.description!r}"] if self.description else []
        options += [f"--state {self.state!r}"] if self.state else []
        return " ".join(options)


@dataclass(frozen=True)
class Order:
    """A pact and its interactions that will be played."""

    source: Source
    interactions: tuple[Interaction, ...]


def select(
    sources: Sequence[Source], wanted: Filter, provider: str, registry: StateRegistry | None
) -> tuple[list[Order], list[str]]:
    """Choose the interactions to play.

    Args:
        sources: the pacts.
        wanted: the filter.
        provider: the provider's name, which pacts have to state.
        registry: the states that it knows; None where only a deployed provider can tell.

    Returns:
        What will be played, and a line for everything that stands in the way.
    """
    orders: list[Order] = []
    problems = list(_unknown_consumers(sources, wanted))
    for source in sources:
        pact = source.pact
        if wanted.consumers and pact.consumer not in wanted.consumers:
            continue
        if pact.provider != provider:
            problems.append(
                f'{pact.source}: expects things of the provider "{pact.provider}", and this is '
                f'"{provider}"; name pacts with this provider only.'
            )
            continue
        chosen = tuple(filter(wanted.wants, pact.interactions))
        if chosen or (pact.messages and not str(wanted)):
            orders.append(Order(source, chosen))
            problems += _unplayable(source, chosen, registry)
    if sources and not orders and not problems:
        problems.append(f"No interaction matches {wanted}; {_known(sources)}")
    return orders, problems


def _unknown_consumers(sources: Sequence[Source], wanted: Filter) -> Iterator[str]:
    known = sorted({source.pact.consumer for source in sources})
    for name in wanted.consumers:
        if sources and name not in known:
            yield f"No pact of a consumer {name!r}: {nearest(name, known)}"


def _unplayable(
    source: Source, interactions: Sequence[Interaction], registry: StateRegistry | None
) -> Iterator[str]:
    if registry is None:
        return
    for interaction in interactions:
        for number, state in enumerate(interaction.states):
            try:
                registry.check(state.name, state.params)
            except (StateUnknown, ParametersInvalid) as why:
                yield f"{source.pact.source} {interaction.location} state {number + 1}: {why}"


def _known(sources: Sequence[Source]) -> str:
    count = sum(len(source.pact.interactions) for source in sources)
    first = next((each for source in sources for each in source.pact.interactions), None)
    example = f', the first of which is "{first.description}"' if first else ""
    return f"there are {count} interactions{example}."
