"""A scene: a request that succeeds, who sends it, and the objects that it is about."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from apiproof.access.exchange import Answer, Request
from apiproof.access.identities import Person
from apiproof.jwt import Presented
from apiproof.openapi.document import Operation

DEPTH = 6  # how many objects may stand inside one another


class Unexercised(Exception):
    """No request to replay was found; the text says what was tried."""


@dataclass(frozen=True)
class Made:
    """An object that a scene's person made for a path parameter.

    Attributes:
        parameter: The parameter's name.
        value: The object's id.
        creator: What made it.
        request: How.
        answer: Its answer.
    """

    parameter: str
    value: Any
    creator: Operation
    request: Request
    answer: Answer


@dataclass(frozen=True)
class Scene:
    """A request that succeeds, and who sends it with what.

    Attributes:
        person: Who sends it.
        request: The request, without its credential.
        presented: The valid credential.
        made: The objects in the request's path, outermost first.
        joined: The fields of the body that name an object of the person's.
    """

    person: Person
    request: Request
    presented: Presented
    made: tuple[Made, ...] = ()
    joined: tuple[str, ...] = ()


@dataclass(frozen=True)
class Errand:
    """For whom something is made, with which path parameters given, and how deep inside others."""

    person: Person
    known: Mapping[str, Any] = field(default_factory=dict)
    depth: int = DEPTH

    def deeper(self, known: Mapping[str, Any]) -> "Errand":
        """Return the errand of making something that this one needs."""
        return Errand(self.person, known, self.depth - 1)


def shared_values(template: str, path: str, values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values of the parameters that two paths begin with, whatever each calls them."""
    shared: dict[str, Any] = {}
    for ours, theirs in zip(template.split("/"), path.split("/"), strict=False):
        if ours[:1] == theirs[:1] == "{":
            if ours[1:-1] in values:
                shared[theirs[1:-1]] = values[ours[1:-1]]
        elif ours != theirs:
            break
    return shared
