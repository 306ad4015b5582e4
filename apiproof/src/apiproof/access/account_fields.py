"""What an account says of itself, and the login of another account."""

import json
import re
from collections.abc import Mapping
from typing import Any

from apiproof.access.fields import EMAIL_FIELD, NAME_FIELD, PASSWORD_FIELD, fields_of

PRIVILEGE = re.compile(
    r"^(is_?)?(admin|super_?user|staff|moderator|manager|owner)(istrator)?$|^(user_?)?roles?$"
    r"|^(permissions?|scopes?|groups?|access_?level|privileges?|plan|tier|is_?(verified|active))$",
    re.IGNORECASE,
)


def identifiers_in(value: Any) -> dict[str, str]:
    """Return the members that tell one account from another, by name."""
    found: dict[str, str] = {}
    for path, part in fields_of(value):
        name = path[-1]
        is_id = re.search(r"^(.*_)?(id|uuid|sub|slug|phone(_?number)?)$|Id$", name)
        if PASSWORD_FIELD.search(name) or isinstance(part, bool | list) or part in {None, ""}:
            continue
        if is_id or EMAIL_FIELD.search(name) or NAME_FIELD.search(name):
            found.setdefault(name, str(part))
    return found


def username_field(entry: Mapping[str, Any]) -> str:
    """Return the name of the field in which a login takes the user's name."""
    login = entry.get("loginEndpointAuth", {})
    return str(login.get("payloadUserPwd", {}).get("usernameField", ""))


def login_of(entry: Mapping[str, Any], name: str, password: str) -> dict[str, Any]:
    """Return a login entry of somebody else."""
    login = dict(entry["loginEndpointAuth"])
    if "payloadUserPwd" in login:
        login["payloadUserPwd"] = {
            **login["payloadUserPwd"],
            "username": name,
            "password": password,
        }
    elif "payloadRaw" in login:
        raw = str(login["payloadRaw"])
        quoted = (json.dumps(text)[1:-1] for text in (name, password))
        for place, text in zip(("{username}", "{password}"), quoted, strict=True):
            raw = raw.replace(place, text)
        login["payloadRaw"] = raw
    return {"name": name, "loginEndpointAuth": login}


def without_field(value: Any, path: tuple[str, ...]) -> Any:
    """Return a copy of nested objects without one member."""
    members = dict(value)
    if len(path) == 1:
        members.pop(path[0], None)
    else:
        members[path[0]] = without_field(members[path[0]], path[1:])
    return members
