"""A request that succeeds, who sends it, and the objects that it is about."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from apiproof.access.fields import EMAIL_FIELD, NAME_FIELD, PASSWORD_FIELD, fields_of
from apiproof.access.http import Request, Response
from apiproof.access.users import User
from apiproof.jwt import RequestAuth
from apiproof.openapi.document import Operation

DEPTH = 6  # how many objects may stand inside one another


@dataclass(frozen=True)
class CreatedResource:
    """An object that a prepared request's person made for a path parameter.

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
    response: Response


@dataclass(frozen=True)
class PreparedRequest:
    """A request that succeeds, and who sends it with what.

    Attributes:
        person: Who sends it.
        request: The request, without its credential.
        presented: The valid credential.
        made: The objects in the request's path, outermost first.
        joined: The fields of the body that name an object of the person's.
    """

    user: User
    request: Request
    auth: RequestAuth
    made: tuple[CreatedResource, ...] = ()
    body_references: tuple[str, ...] = ()


@dataclass(frozen=True)
class Preparation:
    """For whom something is made, with which path parameters given, and how deep inside others."""

    user: User
    known: Mapping[str, Any] = field(default_factory=dict)
    depth: int = DEPTH

    def deeper(self, known: Mapping[str, Any]) -> "Preparation":
        """Return the errand of making something that this one needs."""
        return Preparation(self.user, known, self.depth - 1)


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


def changes_identity(request: Request | None, own: set[str]) -> bool:
    """Whether a request about an account leaves it other than it was: gone, or under another name.

    Args:
        request: The request.
        own: What the account is known by.
    """
    if request is None or request.operation.method == "DELETE":
        return True
    fields = list(fields_of(request.content.body))
    return not fields or any(
        PASSWORD_FIELD.search(path[-1])
        or ((NAME_FIELD.search(path[-1]) or EMAIL_FIELD.search(path[-1])) and str(value) not in own)
        for path, value in fields
    )


def items_of(value: Any) -> Iterator[Mapping[str, Any]]:
    """Yield the objects in a JSON value, however deep."""
    if isinstance(value, list):
        for part in value:
            yield from items_of(part)
    elif isinstance(value, Mapping):
        yield value
        for part in value.values():
            yield from items_of(part)


def kind_of(user: User) -> str:
    """Return for whom a recipe holds: each lent user by themselves, created users all alike."""
    return user.name if user.is_lent else ""
