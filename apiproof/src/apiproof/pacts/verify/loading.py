"""From what a person names to the interactions that will be verified, before anything runs.

Everything that pact's own verifier would pass over in silence is said here, a line each, so that
one run says it all: a file that is no pact, another provider, a filter that matches nothing. What
is wrong with a single interaction, such as an unknown state, is kept with it.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from apiproof.errors import UserError
from apiproof.pacts.reading import Interaction, PactError, PactFile, load_document, parse_pact
from apiproof.pacts.states import ParametersInvalid, StateRegistry, StateUnknown
from apiproof.pacts.states.state import nearest
from apiproof.pacts.verify.fetching import (
    Credentials,
    FetchFailed,
    fetch_json,
    joined_url,
    shown_url,
)


class FilterInvalid(UserError):
    """A filter is not a regular expression."""


@dataclass(frozen=True)
class LoadedPact:
    """A pact that was read.

    Attributes:
        pact: what it says.
        document: the JSON it was read from.
        publish_url: where a Broker takes the result; None for files.
        notices: what a Broker says of it, with the moment: `before_verification`, ...
    """

    pact: PactFile
    document: dict[str, Any]
    publish_url: str | None = None
    notices: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class SelectedPact:
    """A pact and its interactions that will be verified.

    Attributes:
        source: the pact.
        interactions: those that the filter lets through.
        errors: by position, why an interaction cannot be verified at all.
    """

    source: LoadedPact
    interactions: tuple[Interaction, ...]
    errors: Mapping[int, str] = field(default_factory=dict)


@dataclass
class LoadedPacts:
    """What was read, and a line for everything that could not be."""

    found: list[LoadedPact] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)

    def add_document(
        self, document: Any, name: str, *, is_pending: bool = False, **of_broker: Any
    ) -> None:
        """Take a pact that is JSON already.

        Args:
            document: what it says.
            name: what messages call it.
            is_pending: a Broker says that it fails nothing yet, and so does each interaction.
            of_broker: the rest, as for `LoadedPact`.
        """
        try:
            pact = parse_pact(document, name)
        except PactError as why:
            self.problems.append(str(why))
        else:
            if is_pending:
                waiting = tuple(replace(each, pending=True) for each in pact.interactions)
                pact = replace(pact, interactions=waiting)
            self.found.append(LoadedPact(pact, document, **of_broker))

    def add_file(self, path: Path) -> None:
        """Take a pact file."""
        try:
            document = load_document(path)
        except PactError as why:
            self.problems.append(str(why))
        else:
            self.add_document(document, str(path))

    def add_url(self, url: str, credentials: Credentials) -> None:
        """Take a pact file that a web server or a Broker has."""
        try:
            document = fetch_json(url, credentials)
        except FetchFailed as why:
            self.problems.append(f"{why} Name the URL of a pact file.")
        else:
            self.add_document(document, shown_url(url), publish_url=publish_url(document, url))


def publish_url(document: Any, url: str) -> str | None:
    """Where a pact from a Broker's URL says that its results are taken (HAL), if it says so."""
    links = document.get("_links") if isinstance(document, Mapping) else None
    link = links.get("pb:publish-verification-results") if isinstance(links, Mapping) else None
    href = link.get("href") if isinstance(link, Mapping) else None
    return joined_url(url, str(href)) if href else None


def load_pacts(names: Sequence[str], credentials: Credentials) -> LoadedPacts:
    """Read every pact that the names lead to, each once.

    Args:
        names: paths of files and folders, `file:`, `http:` and `https:` URLs.
        credentials: for URLs.
    """
    loaded = LoadedPacts()
    seen: set[str] = set()
    for name in names:
        if name.lower().startswith(("http://", "https://")):
            if name not in seen:
                loaded.add_url(name, credentials)
            seen.add(name)
            continue
        folder = Path(name.removeprefix("file://"))
        paths = sorted(folder.rglob("*.json")) if folder.is_dir() else [folder]
        if not paths:
            loaded.problems.append(f"{folder}: no pact file (*.json) in this folder; name another.")
        for path in paths:
            if (key := str(path.resolve())) not in seen:
                loaded.add_file(path)
            seen.add(key)
    return loaded


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

    def matches(self, interaction: Interaction) -> bool:
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


def select(
    loaded: Sequence[LoadedPact], wanted: Filter, provider: str, registry: StateRegistry | None
) -> tuple[list[SelectedPact], list[str]]:
    """Choose the interactions to verify.

    Args:
        loaded: the pacts.
        wanted: the filter.
        provider: the provider's name, which pacts have to state.
        registry: the states that it knows; None where only a deployed provider can tell.

    Returns:
        What will be verified, and a line for everything that stands in the way of the whole run.
    """
    selected: list[SelectedPact] = []
    problems = list(_unknown_consumers(loaded, wanted))
    for source in loaded:
        pact = source.pact
        if wanted.consumers and pact.consumer not in wanted.consumers:
            continue
        if pact.provider != provider:
            problems.append(
                f'{pact.source}: expects things of the provider "{pact.provider}", and this is '
                f'"{provider}"; name pacts with this provider only, or say --provider.'
            )
            continue
        chosen = tuple(filter(wanted.matches, pact.interactions))
        if chosen or (pact.messages and not str(wanted)):
            selected.append(SelectedPact(source, chosen, _errors(chosen, registry)))
    if loaded and not selected and not problems:
        problems.append(f"No interaction matches {wanted}; {_known(loaded)}")
    return selected, problems


def _unknown_consumers(loaded: Sequence[LoadedPact], wanted: Filter) -> Iterator[str]:
    known = sorted({source.pact.consumer for source in loaded})
    for name in wanted.consumers:
        if loaded and name not in known:
            yield f"No pact of a consumer {name!r}: {nearest(name, known)}"


def _errors(
    interactions: Sequence[Interaction], registry: StateRegistry | None
) -> Mapping[int, str]:
    """Why interactions cannot be verified, by position: a state is unknown, or its parameters."""
    found: dict[int, str] = {}
    if registry is None:
        return found
    for interaction in interactions:
        for number, state in enumerate(interaction.states, start=1):
            try:
                registry.check(state.name, state.params)
            except (StateUnknown, ParametersInvalid) as why:
                found.setdefault(interaction.position, f"state {number}: {why}")
    return found


def _known(loaded: Sequence[LoadedPact]) -> str:
    count = sum(len(source.pact.interactions) for source in loaded)
    first = next((each for source in loaded for each in source.pact.interactions), None)
    example = f', the first of which is "{first.description}"' if first else ""
    return f"there are {count} interactions{example}."
