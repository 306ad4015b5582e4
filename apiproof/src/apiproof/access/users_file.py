"""Users of a Web Fuzzing Commons auth document or of an environment file.

Source: https://github.com/WebFuzzing/Commons, schemas/auth.yaml. They cannot be replaced when used
up; what needs no signing key is forged all the same.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import requests
import yaml
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from apiproof.access.users import User
from apiproof.errors import UserError
from apiproof.jwt import ForgeryMaterial, NotApplicable, Scheme, decode_unverified, jwk_of, sign_rsa


class UsersUnreadable(UserError):
    """The identities file is missing or is none; the text says what is wrong with it."""


class LoginFailed(UserError):
    """A login endpoint gave no credential."""


@dataclass(frozen=True)
class RequestAuth:
    """What a user's requests carry: headers, query parameters and cookies by name."""

    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    query: Mapping[str, str] = field(default_factory=dict, repr=False)
    cookies: Mapping[str, str] = field(default_factory=dict, repr=False)


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
    def username(self) -> str:
        """What the user signs in as; empty where that is not known."""
        login = self.entry.get("loginEndpointAuth", {})
        return str(login.get("payloadUserPwd", {}).get("username", ""))

    @property
    def password(self) -> str:
        """The password, so that it can be looked for where it should not be."""
        login = self.entry.get("loginEndpointAuth", {})
        return str(login.get("payloadUserPwd", {}).get("password", ""))

    def credentials(self, client: requests.Session) -> RequestAuth:
        """Return what the user's requests carry, signing in where need be.

        Raises:
            LoginFailed: The login endpoint refuses, or its answer holds no token.
        """
        if not self.signs_in:
            return RequestAuth({item["name"]: item["value"] for item in self.entry["fixedHeaders"]})
        login = self.entry["loginEndpointAuth"]
        client.cookies.clear()
        response = client.request(
            login["verb"],
            login.get("externalEndpointURL") or "/" + login["endpoint"].lstrip("/"),
            headers=_headers(login),
            data=_payload(login),
        )
        if response.status_code >= 400:
            raise LoginFailed(f"The login of {self.name!r} answered {response.status_code}.")
        if "token" not in login:
            cookies = {cookie.name: cookie.value or "" for cookie in response.cookies}
            if not cookies:
                raise LoginFailed(f"The login of {self.name!r} set no cookie.")
            return RequestAuth(cookies=cookies)
        token = login["token"]
        value = str(token.get("sendTemplate", "{token}")).replace(
            "{token}", self._token(token, response)
        )
        place = "headers" if token["sendIn"] == "header" else "query"
        return RequestAuth(**{place: {token["sendName"]: value}})

    def _token(self, token: Mapping[str, Any], response: requests.Response) -> str:
        selector = str(token["extractSelector"])
        if token["extractFrom"] == "header":
            found: Any = response.headers.get(selector)
        else:
            found = _at(response, selector)
        if not isinstance(found, str | int) or found == "":
            raise LoginFailed(f"The login of {self.name!r} has no token at {selector}.")
        return str(found)


def read_document(path: Path) -> Any:
    """Read a file of identities in JSON or YAML.

    Raises:
        IdentitiesUnreadable: It is missing, or neither.
    """
    try:
        return yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, yaml.YAMLError) as error:
        reason = str(error).partition("\n")[0]
        raise UsersUnreadable(f"The identities {path} cannot be read: {reason}.") from None


def users_of(document: Any, where: str) -> list[FileUser]:
    """Return the users of an auth document.

    Raises:
        IdentitiesUnreadable: It is no auth document; the text says where.
    """
    entries = document.get("auth") if isinstance(document, Mapping) else None
    if not isinstance(entries, list) or not entries:
        raise UsersUnreadable(
            f"{where} names nobody: it needs a list `auth` (Web Fuzzing Commons) "
            "or the `users` of a ready file."
        )
    template = document.get("authTemplate", {})
    users = []
    for place, entry in enumerate(entries):
        whole = _folded(entry, template)
        if fault := _fault(whole):
            raise UsersUnreadable(f"{where}: auth[{place}] {fault}.")
        users.append(FileUser(str(whole["name"]), whole))
    return users


def _fault(entry: Any) -> str:
    if not isinstance(entry, Mapping) or "name" not in entry:
        return "has no name"
    if ("fixedHeaders" in entry) == ("loginEndpointAuth" in entry):
        return "needs either fixedHeaders or loginEndpointAuth"
    if "fixedHeaders" in entry:
        good = all({"name", "value"} <= set(item) for item in entry["fixedHeaders"])
        return "" if good else "has a header without name or value"
    login = entry["loginEndpointAuth"]
    if "verb" not in login or not {"endpoint", "externalEndpointURL"} & set(login):
        return "has a login without verb or endpoint"
    token = login.get(
        "token", {"extractFrom": "", "extractSelector": "", "sendIn": "", "sendName": ""}
    )
    missing = {"extractFrom", "extractSelector", "sendIn", "sendName"} - set(token)
    return f"has a token without {', '.join(sorted(missing))}" if missing else ""


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


def _headers(login: Mapping[str, Any]) -> dict[str, str]:
    named = {item["name"]: item["value"] for item in login.get("headers", [])}
    return {"Content-Type": login.get("contentType", "application/json"), **named}


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
    form = "urlencoded" in login.get("contentType", "")
    return fields if form else json.dumps(fields)


def _at(response: requests.Response, pointer: str) -> Any:
    """Follow a JSON Pointer (RFC 6901) into a response."""
    try:
        node = response.json()
    except ValueError:
        return None
    for part in pointer.split("/")[1:]:
        name = part.replace("~1", "/").replace("~0", "~")
        node = node.get(name) if isinstance(node, Mapping) else None
    return node


AUTHORIZATION = "Authorization"


class FileUsers:
    """People with credentials of their own, from a file."""

    can_create_users = False

    def __init__(
        self,
        users: Iterable[FileUser],
        client: requests.Session,
        key: rsa.RSAPrivateKey | None = None,
        jwks: Iterable[Mapping[str, Any]] = (),
    ) -> None:
        self._client = client
        self._users = {user.name: user for user in users}
        self._auths: dict[str, RequestAuth] = {}
        self._former: list[RequestAuth] = []
        self._key = key
        self._jwks = tuple(jwks)

    def users(self) -> Iterator[User]:
        """Yield everybody, in the file's order."""
        yield from (self._person(user) for user in self._users.values())

    def other(self, user: User) -> User:
        """Return the next user in the file.

        Raises:
            NotMade: There is only one.
        """
        names = list(self._users)
        name = names[(names.index(user.name) + 1) % len(names)]
        if name == user.name:
            raise NotApplicable("the identities file names one user only: ownership takes two")
        return self._person(self._users[name])

    def credential(self, user: User, scheme: Scheme, scopes: tuple[str, ...]) -> str:  # noqa: ARG002  # a held token has the scopes that it has
        """Return a user's credential.

        Raises:
            NotMade: The user has none under this scheme.
        """
        auth = self._of(user.name)
        named: Mapping[str, str] = {
            "header": {name.lower(): value for name, value in auth.headers.items()},
            "query": auth.query,
            "cookie": auth.cookies,
        }[scheme.place]
        name = scheme.field.lower() if scheme.place == "header" else scheme.field
        value = named.get(name)
        if value is None:
            raise NotApplicable(f"{user.name} has no credential for the scheme {scheme.name}")
        if not scheme.is_http:
            return value
        kind, _, credential = value.partition(" ")
        if kind.lower() != scheme.kind or not credential:
            raise NotApplicable(f"{user.name} has no {scheme.kind} credential")
        return credential

    def material(self, user: User, scheme: Scheme, trap_url: str) -> ForgeryMaterial:
        """Return the key, where there is one; without it only what it yields."""
        key = self._key
        if key is None:
            return ForgeryMaterial(jwks=self._jwks, trap_url=trap_url)
        token = decode_unverified(self.credential(user, scheme, ()))
        kid = token.header.get("kid") if token else None
        own = (jwk_of(key, kid=str(kid)),) if kid is not None else ()
        return ForgeryMaterial(
            sign=lambda header, claims: sign_rsa(header, claims, key),
            jwks=self._jwks or own or (jwk_of(key),),
            trap_url=trap_url,
        )

    def invalidate(self, user: User) -> None:
        """Have the person sign in again, where that is how they got their credential."""
        if self._users[user.name].signs_in:
            self._former.append(self._auths.pop(user.name))

    def can_log_in_again(self, user: User) -> bool:
        """Tell whether the person can sign in again."""
        return self._users[user.name].signs_in

    def disable(self, user: User) -> None:
        """Refuse: only the service's operators can.

        Raises:
            NotMade: Always.
        """
        raise NotApplicable(f"{user.name} cannot be disabled from here")

    def secrets(self) -> list[str]:
        """Return the credentials that were used, and the passwords."""
        auth = [
            value.rpartition(" ")[2]
            for item in (*self._auths.values(), *self._former)
            for values in (item.headers, item.query, item.cookies)
            for value in values.values()
        ]
        return [*auth, *(user.password for user in self._users.values())]

    def _of(self, name: str) -> RequestAuth:
        if name not in self._auths:
            self._auths[name] = self._users[name].credentials(self._client)
        return self._auths[name]

    def _person(self, user: FileUser) -> User:
        auth = self._of(user.name)
        token = decode_unverified(auth.headers.get(AUTHORIZATION, "").rpartition(" ")[2])
        claims = token.claims if token else {}
        known = {
            "sub": claims.get("sub"),
            "username": claims.get("username") or user.username,
            "email": claims.get("email"),
        }
        return User(user.name, {name: str(value) for name, value in known.items() if value})


def read_identities(
    path: Path, client: requests.Session, key_path: Path | None = None
) -> FileUsers:
    """Read an auth document, or a ready file, and the issuer's private key if there is one.

    Args:
        path: JSON or YAML.
        client: For login endpoints.
        key_path: An RSA private key as PEM.

    Raises:
        IdentitiesUnreadable: A file is missing or is not what it should be.
    """
    document = read_document(path)
    if isinstance(document, Mapping) and isinstance(document.get("users"), list):
        document = {"auth": [_as_entry(user, path) for user in document["users"]]}
    return FileUsers(users_of(document, str(path)), client, _key(key_path))


def _as_entry(user: Any, path: Path) -> dict[str, Any]:
    try:
        header = {"name": AUTHORIZATION, "value": f"Bearer {user['access_token']}"}
        return {"name": user["username"], "fixedHeaders": [header]}
    except (KeyError, TypeError):
        raise UsersUnreadable(f"{path} has a user without username or token.") from None


def _key(path: Path | None) -> rsa.RSAPrivateKey | None:
    if path is None:
        return None
    try:
        key = serialization.load_pem_private_key(path.read_bytes(), None)
    except (OSError, ValueError, TypeError):
        raise UsersUnreadable(
            f"{path} is not an RSA private key in PEM. Leave --signing-key out to try only what "
            "needs no key."
        ) from None
    if not isinstance(key, rsa.RSAPrivateKey):
        raise UsersUnreadable(f"{path} holds no RSA key; other kinds are not supported.")
    return key
