"""The requests of a login: one, or several of which each takes what those before have given.

`steps`, `values` and the places in curly brackets are ours, beside what the commons have.
"""

import base64
import binascii
import hashlib
import hmac
import json
import re
import time
from collections.abc import Callable, Iterable, Mapping
from typing import Any
from urllib.parse import quote

import requests

from apiproof.access.fields import EMAIL_FIELD, NAME_FIELD, PASSWORD_FIELD, fields_of
from apiproof.access.login_entries import BASIC
from apiproof.errors import UserError
from apiproof.openapi.references import value_at

PERIOD, DIGITS = 30, 6  # seconds and digits of a one-time password (RFC 6238, 5.2; RFC 4226, 5.3)
# `{/challenge_id}` leads into an earlier answer, `{code}` is one of the user's own values.
_PLACE = re.compile(r"\{(/[^{}\"\s]*|[A-Za-z]\w*)\}")


class LoginFailed(UserError):
    """A login endpoint gave no credential."""


def signed_in(
    client: requests.Session, login: Mapping[str, Any], fixed: Mapping[str, str], name: str
) -> list[requests.Response]:
    """Send the requests of a login, cookies of earlier ones included.

    Args:
        client: Sends them.
        login: A `loginEndpointAuth`.
        fixed: Headers of every request.
        name: Of the user, for what is said of failures.

    Returns:
        Their answers, first to last.

    Raises:
        LoginFailed: One is refused, or lacks what the next one takes.
    """
    client.cookies.clear()
    answers: list[requests.Response] = []
    for number, plain in enumerate([login, *login.get("steps", ())], start=1):
        what = (
            f"The login of {name!r}" if number == 1 else f"Step {number} of the login of {name!r}"
        )
        step = _filled(plain, _values_of(login), map(decoded, answers), what)
        response = _sent(
            client,
            step["verb"],
            step.get("externalEndpointURL") or "/" + step["endpoint"].lstrip("/"),
            headers={**fixed, **_headers(step)},
            params=_payload(step) if _is_in_query(step) else None,
            data=None if _is_in_query(step) else _payload(step),
        )
        if response.status_code >= 400:
            raise LoginFailed(f"{what} answered {response.status_code}.")
        answers.append(response)
    return answers


def requests_of(login: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Return the requests of a login, first to last."""
    return [login, *login.get("steps", ())]


def said_by(login: Mapping[str, Any]) -> tuple[str, str]:
    """Return the name and the password that a login says; empty where that is not known."""
    values = login.get("values", {})
    pairs = [said_in(one) for one in requests_of(login)]
    names = [str(values.get("username", "")), *(name for name, _ in pairs)]
    passwords = [str(values.get("password", "")), *(password for _, password in pairs)]
    return tuple(  # type: ignore[return-value]  # of two
        next((one for one in found if one and not _PLACE.fullmatch(one)), "")
        for found in (names, passwords)
    )


def said_in(login: Mapping[str, Any]) -> tuple[str, str]:
    """Return the name and the password that one request says; empty where that is not known."""
    for member in ("payloadUserPwd", BASIC):
        if member in login:
            given = login[member]
            return str(given.get("username", "")), str(given.get("password", ""))
    try:
        fields = list(fields_of(json.loads(str(login.get("payloadRaw", "")))))
    except ValueError:
        return "", ""
    names = [str(v) for path, v in fields if NAME_FIELD.search(path[-1])]
    names += [str(v) for path, v in fields if EMAIL_FIELD.search(path[-1])]
    passwords = [str(v) for path, v in fields if PASSWORD_FIELD.search(path[-1])]
    return next(iter(names), ""), next(iter(passwords), "")


def basic_credential(username: str, password: str) -> str:
    """Return a name and a password as the Basic scheme has them (RFC 7617, 2)."""
    return base64.b64encode(f"{username}:{password}".encode()).decode()


def _values_of(login: Mapping[str, Any]) -> dict[str, str]:
    """Return what places may stand for: the user's own values, name and password."""
    username, password = said_by(login)
    known = {"username": username, "password": password}
    values = {**known, **{name: str(value) for name, value in login.get("values", {}).items()}}
    return {name: value for name, value in values.items() if value}


def _filled(
    step: Mapping[str, Any], values: Mapping[str, str], answers: Iterable[Any], what: str
) -> dict[str, Any]:
    """Return a request with its places filled in.

    Raises:
        LoginFailed: No answer has what a place leads to.
    """
    newest = list(answers)[::-1]

    def found(place: str) -> str | None:
        if place == "totp" and "totpSecret" in values:
            return one_time_password(values["totpSecret"], time.time())
        if place[:1] != "/":
            return values.get(place)
        value = next((v for one in newest if (v := value_at(one, place)) is not None), None)
        if value is None:
            raise LoginFailed(f"{what} takes {place} of an earlier answer, and none has it.")
        return str(value)

    def with_places(text: str, media: str) -> str:
        def put(match: re.Match[str]) -> str:
            value = found(match[1])
            if value is None:
                return match[0]
            return quote(value, safe="") if "json" not in media else json.dumps(value)[1:-1]

        return _PLACE.sub(put, text)

    filled = dict(step)
    if "payloadRaw" in step:
        media = str(step.get("contentType", "application/json"))
        filled["payloadRaw"] = with_places(str(step["payloadRaw"]), media)
    if "endpoint" in step:
        filled["endpoint"] = with_places(str(step["endpoint"]), "")
    headers = step.get("headers", ())
    filled["headers"] = [
        {**one, "value": _PLACE.sub(lambda it: found(it[1]) or it[0], str(one["value"]))}
        for one in headers
    ]
    return filled


def one_time_password(secret: str, now: float) -> str:
    """Return the password that an authenticator shows (RFC 6238, with SHA-1).

    Args:
        secret: In Base32, as an authenticator takes it.
        now: Seconds since 1970.

    Raises:
        LoginFailed: That is no Base32.
    """
    plain = secret.replace(" ", "").upper()
    try:
        key = base64.b32decode(plain + "=" * (-len(plain) % 8))
    except binascii.Error:
        raise LoginFailed("The totpSecret of a user is no Base32.") from None
    counter = int(now // PERIOD).to_bytes(8, "big")
    digest = hmac.new(key, counter, hashlib.sha1).digest()
    start = digest[-1] & 0xF
    number = int.from_bytes(digest[start : start + 4], "big") & 0x7FFFFFFF
    return f"{number % 10**DIGITS:0{DIGITS}}"


def endpoints_without(login: Mapping[str, Any], shorten: Callable[[str], str]) -> dict[str, Any]:
    """Return a login whose endpoints are shortened, those of its steps included."""

    def of(one: Mapping[str, Any]) -> dict[str, Any]:
        return {**one, "endpoint": shorten(str(one["endpoint"]))} if "endpoint" in one else {**one}

    steps = {"steps": [of(one) for one in login["steps"]]} if "steps" in login else {}
    return {**of(login), **steps}


def _sent(client: requests.Session, verb: str, url: str, **said: Any) -> requests.Response:
    """Send a login, and once more where the connection was lost.

    A server closes it after an error of its own, and the login may be on its way then.
    """
    try:
        return client.request(verb, url, **said)
    except requests.Timeout:
        raise
    except requests.ConnectionError:
        return client.request(verb, url, **said)


def decoded(response: requests.Response) -> Any:
    """Return the decoded body of an answer; None where it is no JSON."""
    try:
        return response.json()
    except ValueError:
        return None


def _headers(login: Mapping[str, Any]) -> dict[str, str]:
    named = {item["name"]: item["value"] for item in login.get("headers", [])}
    if BASIC in login:
        named["Authorization"] = f"Basic {basic_credential(*said_in(login))}"
    if ("payloadRaw" not in login and "payloadUserPwd" not in login) or _is_in_query(login):
        return named
    return {"Content-Type": login.get("contentType", "application/json"), **named}


def _is_in_query(login: Mapping[str, Any]) -> bool:
    """Whether name and password stand in the query: `sendIn: query`, of our own."""
    return bool(login.get("payloadUserPwd", {}).get("sendIn") == "query")


def _payload(login: Mapping[str, Any]) -> Any:
    if "payloadRaw" in login:
        return login["payloadRaw"]
    given = login.get("payloadUserPwd")
    if given is None:
        return None
    fields = {
        given["usernameField"]: given["username"],
        given["passwordField"]: given["password"],
    }
    is_plain = _is_in_query(login) or "urlencoded" in login.get("contentType", "")
    return fields if is_plain else json.dumps(fields)
