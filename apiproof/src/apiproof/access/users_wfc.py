"""Web Fuzzing Commons auth documents: who may sign in, by fixed headers or a login; machines too.

Source: https://github.com/WebFuzzing/Commons, schemas/auth.yaml.
"""

import re
from collections.abc import Container, Mapping
from dataclasses import dataclass, field, replace
from http.cookies import SimpleCookie
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode

import requests
import yaml

from apiproof.access.fields import fields_of
from apiproof.access.login_entries import BASIC, BEARER_TOKEN, MACHINE
from apiproof.access.login_steps import (
    LoginFailed,
    basic_credential,
    decoded,
    endpoints_without,
    requests_of,
    said_by,
    said_in,
    signed_in,
)
from apiproof.access.users_schema import entry_fault, name_fault, type_fault
from apiproof.errors import UNREADABLE, UserError
from apiproof.jwt import NO_AUTH, RequestAuth, decode_unverified
from apiproof.openapi.references import value_at

_TOKEN_HEADERS = ("Authorization", "X-Auth-Token", "X-Access-Token", "Access-Token", "X-Token")
_TOKEN = re.compile(
    r"^((access|auth|id|session|bearer)[-_]?)?(token|jwt)$|^access$|^(api[-_]?)?key$|^session([-_]?id)?$",
    re.IGNORECASE,
)
_CSRF = re.compile("csrf|xsrf", re.IGNORECASE)
FILL_IN = "FILL IN"  # what a user of the kit has not filled in yet
_MEMBERS = 12  # of an answer that are named
CSRF_HEADERS = ("X-CSRF-Token", "X-CSRFToken", "X-XSRF-TOKEN")


class UsersUnreadable(UserError):
    """The identities file is missing or is none; the text says what is wrong with it."""


@dataclass(frozen=True)
class UserCredentials:
    """What a user's requests carry: headers, query parameters and cookies by name.

    Attributes:
        headers: By name.
        query: By name.
        cookies: By name.
        answer: The login's answer, which may say who the user is.
        set_cookies: What the login has set, sent along or not: a refresh token, say.
        csrf: What goes along with cookies, so that the request is known to come from the page.
    """

    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    query: Mapping[str, str] = field(default_factory=dict, repr=False)
    cookies: Mapping[str, str] = field(default_factory=dict, repr=False)
    answer: Any = field(default=None, repr=False)
    set_cookies: Mapping[str, str] = field(default_factory=dict, repr=False)
    csrf: RequestAuth = field(default=NO_AUTH, repr=False)


@dataclass(frozen=True)
class FileUser:
    """One entry of an auth document."""

    name: str
    entry: Mapping[str, Any] = field(repr=False)

    @property
    def signs_in(self) -> bool:
        """Whether credentials come from a login endpoint."""
        return "loginEndpointAuth" in self.entry

    @property
    def login_requests(self) -> int:
        """How many requests sign the user in."""
        return len(requests_of(self.entry["loginEndpointAuth"])) if self.signs_in else 0

    @property
    def username(self) -> str:
        """What the user signs in as; empty where that is not known."""
        return said_by(self.entry.get("loginEndpointAuth", self.entry))[0]

    @property
    def roles(self) -> tuple[str, ...]:
        """What the file says that the user may be: `role: admin`, or `roles: [admin, editor]`."""
        said = self.entry.get("role") or self.entry.get("roles") or ()
        return (said,) if isinstance(said, str) else tuple(said)

    @property
    def sign_up_members(self) -> Mapping[str, Any]:
        """What a sign-up says of others like this user, by member: `invite_code`, say."""
        said = self.entry.get("signUp", {})
        return {name: value for name, value in said.items() if value != FILL_IN}

    @property
    def password(self) -> str:
        """The password, so that it can be looked for where it should not be."""
        if MACHINE in self.entry:
            return str(self.entry[MACHINE]["clientSecret"])
        return said_by(self.entry.get("loginEndpointAuth", self.entry))[1]

    def credentials(self, client: requests.Session) -> UserCredentials:
        """Return what the user's requests carry, signing in where need be.

        Raises:
            LoginFailed: The login endpoint refuses, or its answer holds no token.
        """
        fixed = {item["name"]: item["value"] for item in self.entry.get("fixedHeaders", ())}
        if BASIC in self.entry:
            fixed["Authorization"] = f"Basic {basic_credential(*said_in(self.entry))}"
        if not self.signs_in:
            return UserCredentials(fixed, cookies=_cookies(fixed))
        login = self.entry["loginEndpointAuth"]
        response = self._signed_in(client, login, fixed)
        if "token" not in login:
            cookies = _set_cookies(response)
            if not cookies:
                raise LoginFailed(f"The login of {self.name!r} set no cookie.")
            answer, csrf = decoded(response), _csrf(response)
            return UserCredentials(fixed, cookies=cookies, answer=answer, csrf=csrf)
        token = login["token"]
        value = str(token.get("sendTemplate", "{token}")).replace(
            "{token}", self._token(token, response)
        )
        found, answer = {token["sendName"]: value}, decoded(response)
        more: dict[str, Any] = {"answer": answer, "set_cookies": _set_cookies(response)}
        if token["sendIn"] == "header":
            return UserCredentials({**fixed, **found}, **more)
        if token["sendIn"] == "cookie":
            return UserCredentials(fixed, cookies=found, csrf=_csrf(response), **more)
        return UserCredentials(fixed, query=found, **more)

    def _signed_in(
        self, client: requests.Session, login: Mapping[str, Any], fixed: Mapping[str, str]
    ) -> requests.Response:
        try:
            return signed_in(client, login, fixed, self.name)[-1]
        except LoginFailed as refused:
            if MACHINE not in self.entry:
                raise
            try:
                by_basic = _by_basic(login, self.entry[MACHINE])
                return signed_in(client, by_basic, fixed, self.name)[-1]
            except LoginFailed:
                raise refused from None

    def half_way(self, client: requests.Session) -> list[Any]:
        """Sign in but for the last step, where there are several; return the decoded answers.

        Raises:
            LoginFailed: A step is refused.
        """
        login = self.entry.get("loginEndpointAuth", {})
        if not login.get("steps"):
            return []
        fixed = {item["name"]: item["value"] for item in self.entry.get("fixedHeaders", ())}
        begun = {**login, "steps": login["steps"][:-1]}
        return [decoded(one) for one in signed_in(client, begun, fixed, self.name)]

    def _token(self, token: Mapping[str, Any], response: requests.Response) -> str:
        selector = str(token["extractSelector"])
        if token["extractFrom"] == "header":
            found: Any = response.headers.get(selector)
        else:
            found = _at(response, selector) or only_token(decoded(response)) or _headed(response)
        if not isinstance(found, str | int) or found == "":
            hint = _where_else(response)
            raise LoginFailed(f"The login of {self.name!r} has no token at {selector}{hint}.")
        return str(found)


def _cookies(headers: Mapping[str, str]) -> dict[str, str]:
    text = next((value for name, value in headers.items() if name.lower() == "cookie"), "")
    pairs = (part.strip().partition("=") for part in text.split(";") if "=" in part)
    return {name: value for name, _, value in pairs}


def read_document(path: Path) -> Any:
    """Read a file of identities in JSON or YAML.

    Raises:
        UsersUnreadable: It is missing, or neither.
    """
    try:
        return yaml.safe_load(path.read_text(encoding="utf-8"))
    except (*UNREADABLE, yaml.YAMLError) as error:
        reason = str(error).partition("\n")[0]
        raise UsersUnreadable(f"The identities {path} cannot be read: {reason}.") from None


def users_of(document: Any, where: str) -> list[FileUser]:
    """Return the users of an auth document.

    Raises:
        UsersUnreadable: It is no auth document; the text says where.
    """
    entries = document.get("auth") if isinstance(document, Mapping) else None
    if not isinstance(entries, list) or not entries:
        raise UsersUnreadable(
            f"{where} names nobody: it needs a list `auth` (Web Fuzzing Commons) "
            "or the `users` of a ready file."
        )
    if fault := type_fault(document):
        raise UsersUnreadable(f"{where}: {fault}.")
    template = document.get("authTemplate", {})
    users = []
    for place, entry in enumerate(entries):
        whole = _folded(entry, template if MACHINE not in entry else {})
        if fault := entry_fault(whole):
            raise UsersUnreadable(f"{where}: auth[{place}] {fault}.")
        if MACHINE in whole:
            whole = {**whole, "loginEndpointAuth": _machine_login(whole[MACHINE])}
        users.append(FileUser(str(whole["name"]), whole))
    if fault := name_fault(user.name for user in users):
        raise UsersUnreadable(f"{where} {fault}.")
    return users


def without_base(user: FileUser, base: str, paths: Container[str]) -> FileUser:
    """Return a user whose login endpoint is relative to the document's server, as its paths are.

    Web Fuzzing Commons counts an endpoint from the root of the host.

    Args:
        user: As the file has it.
        base: The path of the server's URL: `/api/v1`.
        paths: The document's.
    """
    login = user.entry.get("loginEndpointAuth", {})

    def shortened(endpoint: str) -> str:
        whole = "/" + endpoint.lstrip("/")
        inner = whole.removeprefix(base.rstrip("/"))
        return endpoint if whole in paths or inner[:1] != "/" else inner

    changed = endpoints_without(login, shortened)
    return (
        user
        if changed == login
        else replace(user, entry={**user.entry, "loginEndpointAuth": changed})
    )


def _machine_login(machine: Mapping[str, Any]) -> dict[str, Any]:
    """Give the login of a machine: a client credentials grant (RFC 6749, section 4.4)."""
    form = {"grant_type": "client_credentials"}
    if machine.get("scope"):
        form["scope"] = machine["scope"]
    named = {"client_id": machine["clientId"], "client_secret": machine["clientSecret"]}
    url = str(machine["tokenUrl"])
    is_elsewhere = url.startswith(("http://", "https://"))
    return {
        "verb": "POST",
        **({"externalEndpointURL": url} if is_elsewhere else {"endpoint": url}),
        "contentType": "application/x-www-form-urlencoded",
        "payloadRaw": urlencode({**form, **named}),
        "token": BEARER_TOKEN,
    }


def _by_basic(login: Mapping[str, Any], machine: Mapping[str, Any]) -> dict[str, Any]:
    """Return a machine's login with its secret in a header: servers must take that (2.3.1)."""
    form = dict(parse_qsl(str(login["payloadRaw"])))
    rest = {name: value for name, value in form.items() if not name.startswith("client_")}
    named = {"username": machine["clientId"], "password": machine["clientSecret"]}
    return {**login, "payloadRaw": urlencode({**rest}), BASIC: named}


def _folded(entry: Any, template: Mapping[str, Any]) -> Any:
    """Fill in from the template what an entry leaves out."""
    if not isinstance(entry, Mapping):
        return entry
    merged = dict(entry)
    for name, value in template.items():
        if isinstance(merged.get(name), Mapping) and isinstance(value, Mapping):
            merged[name] = _folded(merged[name], value)
        else:
            merged.setdefault(name, value)
    return merged


def _set_cookies(response: requests.Response) -> dict[str, str]:
    """Return the cookies that an answer sets, and the redirects before it."""
    found: dict[str, str] = {}
    for each in (*response.history, response):
        parsed: SimpleCookie = SimpleCookie()
        parsed.load(each.headers.get("set-cookie", ""))
        found |= {name: morsel.value for name, morsel in parsed.items()}
        found |= {cookie.name: cookie.value or "" for cookie in each.cookies}
    return found


def _csrf(response: requests.Response) -> RequestAuth:
    """Return the CSRF token that a login sets, in the headers that frameworks look for it in.

    Django's X-CSRFToken, Angular's and Laravel's X-XSRF-TOKEN, everybody else's X-CSRF-Token; its
    cookie goes along for those that compare the two.
    """
    cookies = {n: v for n, v in _set_cookies(response).items() if _CSRF.search(n)}
    said = [str(value) for path, value in fields_of(decoded(response)) if _CSRF.search(path[-1])]
    headed = [value for name, value in response.headers.items() if _CSRF.search(name)]
    token = next((value for value in (*said, *headed, *cookies.values()) if value), "")
    headers = dict.fromkeys(CSRF_HEADERS, token) if token else {}
    return RequestAuth(headers=headers, cookies=cookies)


def only_token(answer: Any) -> str | None:
    """Return the one member of an answer that is a token, by its name or as a JWT.

    Documents often say nothing of what a login answers.
    """
    fields = fields_of(answer)
    texts = [(path, value) for path, value in fields if isinstance(value, str) and value]
    found = [
        value
        for path, value in texts
        if _TOKEN.search(path[-1]) or (path[-1] in {"id", "value"} and _TOKEN.search(path[-2:][0]))
    ]
    if not found:
        found = [value for _, value in texts if decode_unverified(value) is not None]
    return found[0] if len(found) == 1 else None


def _where_else(response: requests.Response) -> str:
    """Say where the token may be instead: the members of the answer, no values, and its cookies."""
    places = ["/" + "/".join(path) for path, _ in fields_of(decoded(response))]
    cookies = sorted(_set_cookies(response))
    hint = f": its answer has {', '.join(places[:_MEMBERS])}" if places else ""
    if hint:
        hint += "; say which one in extractSelector"
    if cookies:
        hint += f"; it sets {', '.join(cookies)}: leave `token` out where that is the session"
    return hint


def _headed(response: requests.Response) -> str | None:
    """Return the token that an answer has in a header, and not in its body."""
    headers = response.headers
    found = next((headers[name] for name in _TOKEN_HEADERS if headers.get(name)), None)
    return found.rpartition(" ")[2] if found else None


def _at(response: requests.Response, pointer: str) -> Any:
    """Follow a JSON Pointer (RFC 6901) into a response."""
    return value_at(decoded(response), pointer)
