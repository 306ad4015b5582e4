"""Login entries of an identities file: whom they sign in, and the same for another account."""

import json
import re
from collections.abc import Mapping
from typing import Any

from apiproof.access.fields import (
    EMAIL_FIELD,
    NAME_FIELD,
    PRIVILEGE,
    TENANT_FIELD,
    fields_of,
)

_PAID_FOR = re.compile(r"^(plan|tier)$", re.IGNORECASE)  # what an account gets, and no right
# Of our own, beside what the commons have: a program that gets its token by its client secret,
# with tokenUrl, clientId, clientSecret and, if need be, scope.
MACHINE = "clientCredentials"
# Of our own, too: name and password in the Authorization header (RFC 7617), of a login or of all
# requests of a user.
BASIC = "basicUserPwd"
BEARER_TOKEN = {  # what a token endpoint answers, and how it is sent (RFC 6749, 5.1; RFC 6750, 2.1)
    "extractFrom": "body",
    "extractSelector": "/access_token",
    "sendIn": "header",
    "sendName": "Authorization",
    "sendTemplate": "Bearer {token}",
}


def username_field(entry: Mapping[str, Any]) -> str:
    """Return the name of the field in which a login takes the user's name."""
    login = entry.get("loginEndpointAuth", {})
    if "payloadRaw" in login:  # a template, with places to fill in
        paths = [path for path, value in _raw_fields(login) if value == "{username}"]
        return paths[0][-1] if paths else ""
    return str(login.get("payloadUserPwd", {}).get("usernameField", ""))


def _raw_fields(login: Mapping[str, Any]) -> list[tuple[tuple[str, ...], Any]]:
    try:
        return list(fields_of(json.loads(str(login["payloadRaw"]))))
    except ValueError:
        return []


def login_of(
    entry: Mapping[str, Any], name: str, password: str, known: Mapping[str, str]
) -> dict[str, Any]:
    """Return a login entry of somebody else.

    Args:
        entry: The login that is like it.
        name: What they sign in as.
        password: With which password.
        known: What the service says of them: where that is a tenant, their headers name it.
    """
    if "loginEndpointAuth" not in entry:
        said = {"username": name, "password": password}
        return {"name": name, "fixedHeaders": other_headers(entry), BASIC: said}
    login = dict(entry["loginEndpointAuth"])
    email = next((value for key, value in known.items() if EMAIL_FIELD.search(key)), name)
    given = next((member for member in ("payloadUserPwd", BASIC) if member in login), "")
    if given:
        login[given] = {**login[given], "username": name, "password": password}
    elif "payloadRaw" in login:
        raw = str(login["payloadRaw"])
        places = {"{username}": name, "{email}": email, "{password}": password}
        for place, text in places.items():
            raw = raw.replace(place, json.dumps(text)[1:-1])
        login["payloadRaw"] = raw
    if "steps" in login:
        own = {"username": name, "email": email, "password": password}
        login["values"] = {**login.get("values", {}), **own}
    tenants = [value for key, value in known.items() if TENANT_FIELD.search(key)]
    headers = [
        {**item, "value": tenants[0]}
        if len(tenants) == 1 and TENANT_FIELD.search(re.sub(r"^x-", "", item["name"].lower()))
        else item
        for item in other_headers(entry)
    ]
    return {"name": name, "fixedHeaders": headers, "loginEndpointAuth": login}


def other_headers(entry: Mapping[str, Any]) -> list[dict[str, str]]:
    """Return the headers of an entry that are no credential: a tenant's, say."""
    return [
        dict(item)
        for item in entry.get("fixedHeaders", ())
        if str(item["name"]).lower() not in {"authorization", "cookie"}
    ]


def as_given(template: Mapping[str, Any], login: Mapping[str, Any]) -> dict[str, Any]:
    """Return a login as the document has it, with what a user of the file says of its answer."""
    answer = ("token", "expectCookies")
    given = {name: value for name, value in login.items() if not name.startswith("payload")}
    rest = {name: value for name, value in template.items() if name not in answer}
    return {**given, **rest}


def bare(value: str | bytes) -> str:
    """Return a credential without the word before it."""
    text = value if isinstance(value, str) else value.decode("latin-1")
    return text.rpartition(" ")[2]


def login_name(entry: Mapping[str, Any], alike: str, known: Mapping[str, str], unique: str) -> str:
    """Return what a new account signs in as.

    Args:
        entry: The login that it takes.
        alike: What another user signs in as; empty where that is not known.
        known: What the account is known by.
        unique: Its name, where it has no other.
    """
    emails = [value for key, value in known.items() if EMAIL_FIELD.search(key)]
    names = [value for key, value in known.items() if NAME_FIELD.search(key)]
    if "@" in alike or (not alike and EMAIL_FIELD.search(username_field(entry))):
        return next(iter(emails), unique)
    return next(iter(names if alike or names else emails), unique)


def rank_of(details: Mapping[str, Any], role: str) -> tuple[int, str]:
    """Return how privileged an account is, and by what.

    Args:
        details: What the service says of it: flags and roles count.
        role: What the file says.
    """
    flags = {name: value for name, value in details.items() if PRIVILEGE.search(name)}
    roles = sorted(
        str(value)
        for name, value in flags.items()
        if isinstance(value, str) and not _PAID_FOR.search(name)
    )
    height = sum(value is True for value in flags.values())
    named = " ".join([role, *roles]).lower()
    height += 10 * bool(re.search(r"admin|super|root|chef|owner|staff|manager|employee", named))
    return height, named
