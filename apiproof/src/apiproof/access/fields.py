"""Members of nested bodies by their paths, and the names by which accounts are told apart."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

PASSWORD_FIELD = re.compile(r"pass(word|wd|phrase|code)?(?!ive)|^pwd|^pin$", re.IGNORECASE)
EMAIL_FIELD = re.compile(r"e-?mail", re.IGNORECASE)
NAME_FIELD = re.compile(
    r"^(user_?name|login|user|user_?id|account|handle|nick(name)?)$", re.IGNORECASE
)
TENANT_FIELD = re.compile(
    r"^(tenant|org(ani[sz]ation)?|workspace|company|realm)[-_]?(id|slug|key)?$", re.IGNORECASE
)


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


def with_field(value: Any, path: tuple[str, ...], new: Any) -> Any:
    """Return a copy of nested objects with one member replaced or added."""
    if not path:
        return new
    members = dict(value) if isinstance(value, Mapping) else {}
    return {**members, path[0]: with_field(members.get(path[0]), path[1:], new)}
