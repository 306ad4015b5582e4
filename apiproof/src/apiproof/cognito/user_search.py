"""The `Filter` of ListUsers: one attribute, one operator, one value in quotation marks.

Source: API reference, ListUsers, `Filter`.
"""

import re
from collections.abc import Callable

from apiproof.cognito.errors import ParameterInvalid
from apiproof.cognito.users import User

# Quotation marks around the name are taken as well: programs write them (ministack#1050).
_FILTER = re.compile(r'\s*("?)([\w:]+)\1\s*(\^?=)\s*"((?:[^"\\]|\\.)*)"\s*', re.DOTALL)
_STATUS = "cognito:user_status"
_SEARCHABLE = frozenset(
    {
        "email", "family_name", "given_name", "name", "phone_number", "preferred_username",
        "status", "sub", "username", _STATUS,
    }
)  # fmt: skip


def user_filter(text: str) -> Callable[[User], bool]:
    """Make a predicate of a filter; a blank one finds everybody.

    Raises:
        ParameterInvalid: it is no filter, or users are not searched by such an attribute.
    """
    if not text.strip():
        return lambda _: True
    found = _FILTER.fullmatch(text)
    if found is None:
        raise ParameterInvalid("Error while parsing filter.")
    _, name, operator, quoted = found.groups()
    if name not in _SEARCHABLE:
        raise ParameterInvalid(f"Invalid search attribute: {name}")
    wanted = re.sub(r"\\(.)", r"\1", quoted, flags=re.DOTALL)
    if name == _STATUS:
        wanted = wanted.upper()  # the one comparison that is case-insensitive

    def matches(user: User) -> bool:
        value = _value(user, name)
        return value is not None and (
            value == wanted if operator == "=" else value.startswith(wanted)
        )

    return matches


def _value(user: User, name: str) -> str | None:
    if name == "username":
        return user.username
    if name == "status":
        return "Enabled" if user.enabled else "Disabled"
    if name == _STATUS:
        return str(user.status.value)
    return user.attribute(name)
