"""The shape of a pact, whatever version and library wrote it.

It must not know JSON files: `reading` fills it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from apiproof.pacts.reading.expressions import Step


@dataclass(frozen=True)
class Matcher:
    """One matcher: its kind in the words of the specification, and its options.

    `kind` is lower case without punctuation: `type`, `regex`, `integer`, `decimal`, `number`,
    `equality`, `null`, `boolean`, `include`, `date`, `time`, `datetime`, `arraycontains`,
    `eachkey`, `eachvalue`, `values`, `semver`, `notempty`, `contenttype`, `statuscode`.
    """

    kind: str
    options: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Rule:
    """The matchers of one place, of which all (AND) or one (OR) must hold."""

    matchers: tuple[Matcher, ...]
    combine: Literal["AND", "OR"] = "AND"


@dataclass(frozen=True)
class MatchingRules:
    """The rules of one request or response by the part of it that they loosen.

    Query names are as written, header names lower case, body rules keyed by parsed expression.
    """

    path: Rule | None = None
    status: Rule | None = None
    query: Mapping[str, Rule] = field(default_factory=dict)
    header: Mapping[str, Rule] = field(default_factory=dict)
    body: tuple[tuple[tuple[Step, ...], Rule], ...] = ()


@dataclass(frozen=True)
class Body:
    """A body that the pact mentions.

    Attributes:
        content: the JSON value, or the text, or the bytes of what the pact holds.
        content_type: the media type as the pact states it or as the content shows.
        is_json: `content` is a JSON value, not text that merely could be one.
        is_empty: the pact asks for an empty body (`null` or an empty string).
        location: where the content stands under its request or response, for JSON paths.
        is_stated: the content type is stated by the pact, not guessed from the content.
    """

    content: Any
    content_type: str | None
    is_json: bool
    is_empty: bool
    location: str
    is_stated: bool


class _Headed:
    """What requests and responses have in common."""

    headers: Mapping[str, tuple[str, ...]]
    body: Body | None

    @property
    def content_type(self) -> str | None:
        """The media type of the body, stated or shown; None without a body and a header."""
        return self.header("content-type") or (self.body.content_type if self.body else None)

    def header(self, name: str) -> str | None:
        """The value of a header whatever the case of its name, several joined by commas."""
        return _header(self.headers, name)


@dataclass(frozen=True)
class Request(_Headed):
    """What the consumer sends; header names as written, see `header`."""

    method: str
    path: str
    query: Mapping[str, tuple[str, ...]]
    headers: Mapping[str, tuple[str, ...]]
    body: Body | None
    matchers: MatchingRules
    generators: Mapping[str, Any]


@dataclass(frozen=True)
class Response(_Headed):
    """What the consumer expects; a body of None means that it does not look at the body."""

    status: int
    headers: Mapping[str, tuple[str, ...]]
    body: Body | None
    matchers: MatchingRules
    generators: Mapping[str, Any]


@dataclass(frozen=True)
class ProviderState:
    """What must be true of the provider before the request."""

    name: str
    params: Mapping[str, Any]


@dataclass(frozen=True)
class Interaction:
    """One HTTP request and the answer that the consumer expects.

    `position` is the index in the file's list, `key` and `comments` are V4's.
    """

    description: str
    states: tuple[ProviderState, ...]
    request: Request
    response: Response
    position: int
    pending: bool = False
    key: str | None = None
    comments: Mapping[str, Any] = field(default_factory=dict)
    kind: Literal["http"] = "http"

    @property
    def location(self) -> str:
        """Its JSON path in the file."""
        return f"$.interactions[{self.position}]"


@dataclass(frozen=True)
class Message:
    """An interaction that isn't HTTP: recognised, and out of scope here."""

    description: str
    kind: str
    location: str


@dataclass(frozen=True)
class PactFile:
    """One pact: who expects what of whom; `version` is the major one of the specification."""

    source: str
    consumer: str
    provider: str
    version: int
    interactions: tuple[Interaction, ...]
    messages: tuple[Message, ...] = ()


def _header(headers: Mapping[str, tuple[str, ...]], name: str) -> str | None:
    for written, values in headers.items():
        if written.lower() == name.lower():
            return ", ".join(values)
    return None
