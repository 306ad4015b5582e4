"""Members of nested bodies by their paths, and what their names say of an account."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

# Where a word begins, in `userCard`, `user_card` and `/user-cards`, but not in `discard`.
WORD = r"(?:(?<![a-z])|(?-i:(?<=[a-z])(?=[A-Z])))"
PASSWORD_FIELD = re.compile(
    rf"pass(word|wd|phrase|code)|{WORD}pass(?-i:(?![a-z]))|^pwd|^pin$", re.IGNORECASE
)
EMAIL_FIELD = re.compile(r"e-?mail", re.IGNORECASE)
NAME_FIELD = re.compile(
    r"^(user_?name|login|user|user_?id|account|handle|nick(name)?)$", re.IGNORECASE
)
TENANT_FIELD = re.compile(
    r"^(tenant|org(ani[sz]ation)?|workspace|company|realm)[-_]?(id|slug|key)?$", re.IGNORECASE
)
PRIVILEGE = re.compile(
    r"^(is_?)?(admin|super_?user|staff|moderator|manager|owner)(istrator)?$|^(user_?)?roles?$"
    r"|^(permissions?|scopes?|groups?|access_?level|privileges?|plan|tier|is_?(verified|active))$",
    re.IGNORECASE,
)


# JSON:API 1.1, 5.1 and 5.2: what a document and a resource object hold; JSend's members, too.
_RESOURCE = {"id", "lid", "type", "attributes", "relationships", "links", "meta"}
_ENVELOPE = {"data", "links", "meta", "jsonapi", "included", "status", "success", "message", "code"}
# What tells one thing of an account's from another: `accounts: [{"number": ...}]`.
_KEY = re.compile(r"^((\w+_)?(id|number|no|uuid|key|slug)|\w+(Id|Number)|iban)$", re.IGNORECASE)


def plain_name(name: str) -> str:
    """Return a member's name as it is spelt everywhere: `accountNumber` and `account_number`."""
    return re.sub(r"[^a-z0-9]", "", name.lower())


def fields_of(value: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Yield the members of nested objects that hold no object themselves, with their paths."""
    if isinstance(value, Mapping):
        for name, part in value.items():
            yield from fields_of(part, (*path, str(name)))
    elif path:
        yield path, value


def named_values(value: Any, name: str = "") -> Iterator[tuple[str, Any]]:
    """Yield the simple values in a JSON value, each with the name of its member."""
    if isinstance(value, Mapping):
        for key, part in value.items():
            yield from named_values(part, str(key))
    elif isinstance(value, list):
        for part in value:
            yield from named_values(part, name)
    elif value is not None and not isinstance(value, bool):
        yield name, value


def wrapped_at(value: Any) -> tuple[str, ...]:
    """Return where an object is that a body wraps: `("user",)`, or `("data", "attributes")`.

    Empty for a body that is its own object. Source: JSON:API 1.1, 5.2 ("Resource Objects").
    """
    members = value if isinstance(value, Mapping) else {}
    if isinstance(members.get("attributes"), Mapping) and not members.keys() - _RESOURCE:
        return ("attributes",)
    inner = [str(name) for name, part in members.items() if isinstance(part, Mapping)]
    if isinstance(members.get("data"), Mapping) and not members.keys() - _ENVELOPE:
        inner = ["data"]
    elif len(members) > 1:
        return ()
    return (inner[0], *wrapped_at(members[inner[0]])) if inner else ()


def unwrapped(value: Any) -> Any:
    """Return the object that a body wraps, with the id that stands beside a resource's attributes.

    A body that wraps none is returned as it is.
    """
    found, beside = value, {}
    for name in wrapped_at(value):
        beside = {"id": found["id"]} if name == "attributes" and "id" in found else {}
        found = found[name]
    return {**beside, **found} if isinstance(found, Mapping) else found


def with_field(value: Any, path: tuple[str, ...], new: Any) -> Any:
    """Return a copy of nested objects with one member replaced or added."""
    if not path:
        return new
    members = dict(value) if isinstance(value, Mapping) else {}
    return {**members, path[0]: with_field(members.get(path[0]), path[1:], new)}


def without_field(value: Any, path: tuple[str, ...]) -> Any:
    """Return a copy of nested objects without one member."""
    members = dict(value)
    if len(path) == 1:
        members.pop(path[0], None)
    else:
        members[path[0]] = without_field(members[path[0]], path[1:])
    return members


def _held(name: str, things: list[Any]) -> dict[str, str]:
    """Return what tells the first of an account's things, as `accounts/number`."""
    first = things[0] if things and isinstance(things[0], Mapping) else {}
    return {
        f"{name}/{key}": str(value)
        for key, value in first.items()
        if isinstance(value, str | int) and not isinstance(value, bool) and _KEY.search(key)
    }


def identifiers_in(value: Any) -> dict[str, str]:
    """Return the members that tell one account from another, by name."""
    found: dict[str, str] = {}
    for path, part in fields_of(value):
        name = path[-1]
        if isinstance(part, list):
            found |= _held(name, part)
        is_id = re.search(r"^(.*_)?(id|uuid|sub|slug|phone(_?number)?)$|Id$", name) or re.search(
            r"^account[-_]?(number|no)$", name, re.IGNORECASE
        )
        if any(re.search("token|session", one, re.IGNORECASE) for one in path[:-1]):
            continue  # the token's own id
        if PASSWORD_FIELD.search(name) or isinstance(part, bool | list) or part in {None, ""}:
            continue
        identifying = (EMAIL_FIELD, NAME_FIELD, TENANT_FIELD)
        if is_id or any(kind.search(name) for kind in identifying):
            found.setdefault(name, str(part))
    return found
