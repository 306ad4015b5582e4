"""A request that succeeds: who sends it, what it says of them, and what it is about."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from apiproof.access.fields import (
    PASSWORD_FIELD,
    PRIVILEGE,
    fields_of,
    plain_name,
    with_field,
)
from apiproof.access.http import QUERY, Request, RequestContent
from apiproof.access.payloads import PayloadRecipe, PayloadSource
from apiproof.access.references import Reference
from apiproof.access.resources import CreatedResource, adds_to, singular
from apiproof.access.safeguards import SAFE, is_account_operation, names_account
from apiproof.access.users import User, UserSource
from apiproof.jwt import RequestAuth
from apiproof.openapi.document import Operation

IF_MATCH = "If-Match"
DEPTH = 6  # how many objects may stand inside one another
_GENERAL = ("id", "userid", "sub", "username")
_KIND = re.compile(r"(role|type|plan|status)$", re.IGNORECASE)
_AN_ID = re.compile(r"(^|_)id$|Id$")
_PRESENT = re.compile(r"(current|old|existing)_?pass", re.IGNORECASE)


@dataclass(frozen=True)
class PreparedRequest:
    """A request that succeeds, and who sends it with what.

    Attributes:
        user: Who sends it.
        request: The request, without its credential.
        auth: The valid credential.
        made: The objects in the request's path, outermost first.
        references: Where body, query or headers name an object of the user's.
    """

    user: User
    request: Request
    auth: RequestAuth
    made: tuple[CreatedResource, ...] = ()
    references: tuple[Reference, ...] = ()


@dataclass(frozen=True)
class Preparation:
    """For whom something is made, with which path parameters given, and how deep inside others."""

    user: User
    known: Mapping[str, Any] = field(default_factory=dict)
    depth: int = DEPTH

    def deeper(self, known: Mapping[str, Any]) -> "Preparation":
        """Return the preparation of something that this one needs."""
        return Preparation(self.user, known, self.depth - 1)


def own_value(operation: Operation, parameter: str, user: User) -> str | None:
    """Return what a path parameter is for the one who asks; None where it names something else."""
    name = plain_name(parameter)
    own = _own(user)
    if not user.is_learnt:
        stem = name.removesuffix("id")  # `sub_id` is the sub
        return next((v for key, v in own.items() if name.endswith(key) or stem.endswith(key)), None)
    if (held := held_value(operation, parameter, user)) is not None:
        return held
    is_account = names_account(operation, parameter)
    keys = [name, *(_GENERAL if is_account else ())]
    found = [own[key] for key in keys if key in own and (key != "id" or is_account)]
    if not found and operation.method in SAFE and re.search(r"id$|^sub$", name):
        found = [own[key] for key in ("id", "userid", "sub") if key in own]
    return found[0] if found else None


def held_value(operation: Operation, parameter: str, user: User) -> str | None:
    """Return the id of a thing that a user's own profile shows, where a path names such a thing.

    A login or a profile may show the thing, or its id alone: `basketId` for `/baskets/{id}`. Those
    of lent accounts are only read.
    """
    if user.is_lent and operation.method not in SAFE:
        return None
    before = operation.path.partition("{" + parameter + "}")[0].rstrip("/")
    holder = singular(plain_name(before.rpartition("/")[2]))
    for thing, member, value in held_things(user):
        if holder == thing and plain_name(parameter) in {member, f"{thing}{member}"}:
            return value
    is_bare = bool(holder) and plain_name(parameter) == "id" and operation.method in SAFE
    return _own(user).get(f"{holder}id") if is_bare else None


def held_things(user: User) -> Iterator[tuple[str, str, str]]:
    """Yield what a user's own profile lists: `account`, `number` and the number."""
    for key, value in user.attributes.items():
        thing, _, member = key.partition("/")
        if member:
            yield singular(plain_name(thing)), plain_name(member), str(value)


_SOURCE = re.compile(r"^(from|source|src|sender|debit(or)?|payer|origin)[-_]?", re.IGNORECASE)
_TARGET = re.compile(
    r"^(to|target|dest(ination)?|dst|receiver|recipient|credit(or)?|payee|beneficiary)[-_]?(?=[a-zA-Z])",
    re.IGNORECASE,
)


def with_held_things(
    body: dict[str, Any], user: User, other: Callable[[], User]
) -> tuple[dict[str, Any], tuple[Reference, ...]]:
    """Fill in whence and whither something goes: from an account of the sender's, to another's.

    Args:
        body: What is sent.
        user: Who sends it: nothing of lent accounts is given away.
        other: Returns somebody else.

    Returns:
        The body, and where it names something of the sender's own.
    """
    own: list[Reference] = []
    if user.is_lent:
        return body, ()
    for name, value in body.items():
        if not isinstance(value, str | int):
            continue
        is_target = bool(_TARGET.search(name))
        noun = plain_name(_TARGET.sub("", name) if is_target else _SOURCE.sub("", name))
        for whom in (user, *([other()] if is_target else [])):
            found = [v for thing, key, v in held_things(whom) if noun in {thing, thing + key}]
            if found:
                body = {**body, name: int(found[0]) if isinstance(value, int) else found[0]}
        if not is_target and body[name] != value:
            own.append(Reference("body", name))
    return body, tuple(own)


def stands_for_caller(operation: Operation, parameter: str, user: User) -> bool:
    """Whether a path names the one who asks, although further accounts can be made by a POST.

    What stands below an account (`/users/{id}/cards`) is the account's own; what is changed or
    deleted itself had better be another.
    """
    is_below = not operation.path.rstrip("/").endswith("{" + parameter + "}")
    is_own = user.is_learnt and not user.is_lent and names_account(operation, parameter)
    is_own = is_own and (is_below or operation.method in SAFE)
    return is_own and own_value(operation, parameter, user) is not None


def with_own_query(operation: Operation, content: RequestContent, user: User) -> RequestContent:
    """Fill query parameters that are called like what a user is known by.

    What changes an account by an id in the query is about the account of the one who asks.
    """
    own = _own(user) if user.is_learnt else {}
    said = content.body if content.media == QUERY and isinstance(content.body, Mapping) else {}
    names = [*content.query, *said]
    ids = [name for name in names if _AN_ID.search(name)]
    is_change = operation.method in {"PUT", "PATCH", "DELETE"} and is_account_operation(operation)
    if is_change and len(ids) == 1 and "id" in own:
        own[plain_name(ids[0])] = own["id"]
    else:
        own.pop("id", None)
    found = {name: own[plain_name(name)] for name in names if plain_name(name) in own}
    query = {**content.query, **{name: found[name] for name in content.query if name in found}}
    body = {**said, **{name: found[name] for name in said if name in found and name in ids}}
    return replace(content, query=query, body=body or content.body) if found else content


def with_own_identifiers(operation: Operation, body: dict[str, Any], user: User) -> dict[str, Any]:
    """Fill in what a body asks of its sender: who they are, their rights, their passwords.

    Args:
        operation: What the body is sent to.
        body: Of whatever depth.
        user: Who sends it.
    """
    makes_account = operation.method == "POST" and is_account_operation(operation)
    if not user.is_learnt or not operation.secured or makes_account:
        return body
    found = body
    for path, value in list(fields_of(body)):
        own = _as_own(operation, path[-1], value, user)
        if own is not value:
            found = with_field(found, path, own)
    return found


def _as_own(operation: Operation, name: str, value: Any, user: User) -> Any:
    """Return what a member of a body says of its sender; the value itself where it says nothing."""
    own, plain = _own(user), plain_name(name)
    if isinstance(value, bool):
        is_right = PRIVILEGE.search(name) and is_account_operation(operation)
        return bool(user.details.get(name)) if is_right else value
    if plain in own and isinstance(value, str | int) and plain != "id":
        text = own[plain]
        return int(text) if isinstance(value, int) and text.isdigit() else text
    if isinstance(value, str) and isinstance(user.details.get(name), str) and _KIND.search(name):
        return user.details[name]  # what the user is already
    if isinstance(value, str) and _PRESENT.search(name):
        return user.password or value
    # A new one, twice where it is to be confirmed.
    is_new = isinstance(value, str) and PASSWORD_FIELD.search(name)
    new = f"N3w{user.name}xQ" if user.password.isalnum() else f"N3w-{user.name}!xQ"
    return new if is_new else value


def _own(user: User) -> dict[str, str]:
    return {plain_name(key): value for key, value in user.attributes.items()}


def with_version(
    operation: Operation,
    content: RequestContent,
    made: Iterable[CreatedResource],
    payloads: PayloadSource,
    *,
    is_asked: bool,
) -> RequestContent:
    """Name the version that a write is about, where it asks for one (RFC 9110, 13.1.1)."""
    names = {str(one.get("name")).lower() for one in payloads.parameters(operation)}
    tags = [one.response.headers["etag"] for one in made if "etag" in one.response.headers]
    is_asked = is_asked or IF_MATCH.lower() in names
    if not is_asked or not tags or operation.method in SAFE:
        return content
    return replace(content, headers={**content.headers, IF_MATCH: tags[-1]})


def about_others(
    operation: Operation, payloads: PayloadSource, user_source: UserSource
) -> Iterator[PayloadRecipe]:
    """Yield a way to name another account of the run's own: nobody follows themselves.

    Args:
        operation: What is below a user: `/profiles/{username}/follow`.
        payloads: What its body may hold.
        user_source: Knows other accounts.
    """
    accounts = [name for name in operation.path_parameters if names_account(operation, name)]
    if not accounts or not adds_to(operation):
        return
    first = next(iter(payloads.recipes(operation)))

    def about_other(user: User, seed: int) -> RequestContent:
        other = user if user.is_lent else user_source.other(user)
        named = {name: own_value(operation, name, other) for name in accounts}
        return replace(first(user, seed), path=named)

    yield about_other


def relation_of(
    request: Request, operations: Iterable[Operation], payloads: PayloadSource
) -> Request | None:
    """Return what makes that which a DELETE takes back: a POST or PUT at its very path.

    Args:
        request: A request.
        operations: The document's.
        payloads: What bodies may hold.
    """
    operation = request.operation
    if operation.method != "DELETE" or not adds_to(operation):
        return None
    for maker in operations:
        if maker.path == operation.path and maker.method in {"POST", "PUT"}:
            content = next(iter(payloads.recipes(maker)))(User(""), 0)
            return Request(maker, request.values, content)
    return None
