"""Users of a Web Fuzzing Commons auth document or of an environment file.

Source: https://github.com/WebFuzzing/Commons, schemas/auth.yaml. They cannot be replaced when used
up; what needs no signing key is forged all the same.
"""

from collections.abc import Iterable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import requests
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from apiproof.access.login_steps import basic_credential
from apiproof.access.parameter_credentials import Place, place_of
from apiproof.access.requirements import SecurityModel
from apiproof.access.users import User
from apiproof.access.users_wfc import (
    FileUser,
    UserCredentials,
    UsersUnreadable,
    read_document,
    users_of,
)
from apiproof.jwt import (
    NO_AUTH,
    ForgeryMaterial,
    Jws,
    NotApplicable,
    RequestAuth,
    Scheme,
    decode_unverified,
    jwk_of,
    sign_hmac,
    sign_rsa,
)

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
        self.lent_names = tuple(self._users)  # whom the file names
        self._auths: dict[str, UserCredentials] = {}
        self._former: list[UserCredentials] = []
        self.logins_sent = 0  # requests, beside those that a sender counts
        self._key = key
        self._jwks = tuple(jwks)
        self._secret: bytes | None = None
        self._not_credentials: set[str] | None = None

    def users(self) -> Iterator[User]:
        """Yield everybody, in the file's order."""
        yield from (self._user(user) for user in self._users.values())

    def new_user(self) -> User:
        """Refuse: these users are given.

        Raises:
            NotApplicable: Always.
        """
        raise NotApplicable("the users are given, none can be created")

    def other(self, user: User) -> User:
        """Return the next user in the file.

        Raises:
            NotApplicable: There is only one.
        """
        names = list(self._users)
        name = names[(names.index(user.name) + 1) % len(names)]
        if name == user.name:
            raise NotApplicable("the identities file names one user only: ownership takes two")
        return self._user(self._users[name])

    def credential(self, user: User, scheme: Scheme, scopes: tuple[str, ...]) -> str:  # noqa: ARG002  # a held token has the scopes that it has
        """Return a user's credential.

        Raises:
            NotApplicable: The user has none under this scheme.
        """
        auth = self._of(user.name)
        named: Mapping[str, str] = {
            "header": {name.lower(): value for name, value in auth.headers.items()},
            "query": auth.query,
            "cookie": auth.cookies,
        }[scheme.place]
        name = scheme.field.lower() if scheme.place == "header" else scheme.field
        # Web Fuzzing Commons knows fixed headers only: they say keys of other places, too.
        given = {key.lower(): text for key, text in auth.headers.items()}
        value = named.get(name) or given.get(scheme.field.lower())
        known = self._users[user.name]
        if scheme.kind == "basic" and known.username and known.password:
            return basic_credential(known.username, known.password)
        if value is None:
            raise NotApplicable(f"{user.name} has no credential for the scheme {scheme.name}")
        if not scheme.is_http:
            return value.removeprefix(f"{scheme.word} ") if scheme.word else value
        kind, _, credential = value.partition(" ")
        if kind.lower() != scheme.kind or not credential:
            raise NotApplicable(f"{user.name} has no {scheme.kind} credential")
        return credential

    def material(self, user: User, scheme: Scheme, trap_url: str) -> ForgeryMaterial:
        """Return the key, where there is one; without it only what it yields."""
        key, secret = self._key, self._secret
        if key is None and secret is not None:
            return ForgeryMaterial(
                sign=lambda header, claims: sign_hmac(header, claims, secret), trap_url=trap_url
            )
        if key is None:
            return ForgeryMaterial(jwks=self._jwks, trap_url=trap_url)
        token = decode_unverified(self.credential(user, scheme, ()))
        kid = token.header.get("kid") if token else None
        own = (jwk_of(key, kid=str(kid)),) if kid is not None else ()
        return ForgeryMaterial(
            sign=lambda header, claims: sign_rsa(header, claims, key),
            jwks=self._jwks or own or (jwk_of(key),),
            trap_url=trap_url,
            must_name_key=False,
        )

    def is_gone(self, user: User) -> bool:  # noqa: ARG002  # true of everybody
        """Tell that nobody is: no harm comes to users that were given."""
        return False

    def forget(self, user: User) -> None:
        """Do nothing: nobody else can take the user's place."""

    @property
    def has_key(self) -> bool:
        """Whether tokens can be forged with the issuer's own key."""
        return self._key is not None or self._secret is not None

    def use_secret(self, secret: bytes) -> None:
        """Take note of the secret that signs tokens: forged ones are signed with it from now on."""
        self._secret = secret

    def use_keys(self, jwks: Iterable[Mapping[str, Any]]) -> None:
        """Take note of the issuer's public keys."""
        self._jwks = tuple(jwks)

    def invalidate(self, user: User) -> None:
        """Have the user sign in again, where that is how they got their credential."""
        if self._users[user.name].signs_in and user.name in self._auths:
            self._former.append(self._auths.pop(user.name))

    def login_answer(self, user: User) -> tuple[Any, Mapping[str, str]]:
        """Return what a user's newest login answered, decoded, and the cookies that it set."""
        given = self._of(user.name)
        return given.answer, given.set_cookies

    def half_way(self, user: User) -> list[Any]:
        """Sign a user in but for the last of several steps; return the decoded answers."""
        found = self._users[user.name].half_way(self._client)
        self.logins_sent += len(found)
        return found

    def can_log_in_again(self, user: User) -> bool:
        """Tell whether the user can sign in again."""
        return self._users[user.name].signs_in

    def check_disable(self) -> None:
        """Refuse: only the service's operators can.

        Raises:
            NotApplicable: Always.
        """
        raise NotApplicable("accounts cannot be disabled from here")

    def disable(self, user: User) -> None:
        """Refuse: only the service's operators can.

        Raises:
            NotApplicable: Always.
        """
        raise NotApplicable(f"{user.name} cannot be disabled from here")

    def secrets(self) -> list[str]:
        """Return the credentials that were used, and the passwords."""
        auth = [
            value.rpartition(" ")[2]
            for item in (*self._auths.values(), *self._former)
            for values in (item.headers, item.query, item.cookies)
            for name, value in values.items()
            if name not in self._other_headers(item)
        ]
        return [*auth, *(user.password for user in self._users.values())]

    def any_token(self) -> Jws | None:
        """Return a token of some user's, taken apart; None where none has one."""
        for name in self._users:
            for value in self._of(name).headers.values():
                if token := decode_unverified(value.rpartition(" ")[2]):
                    return token
        return None

    def sign_in(self, name: str) -> UserCredentials:
        """Return what a user's requests carry from now on, signing in where need be."""
        user = self._users[name]
        self.logins_sent += user.login_requests
        return user.credentials(self._client)

    def _of(self, name: str) -> UserCredentials:
        if name not in self._auths:
            self._auths[name] = self.sign_in(name)
        return self._auths[name]

    def _user(self, user: FileUser) -> User:
        auth = self._of(user.name)
        token = decode_unverified(auth.headers.get(AUTHORIZATION, "").rpartition(" ")[2])
        claims = token.claims if token else {}
        known = {
            "sub": claims.get("sub"),
            "username": claims.get("username") or user.username,
            "email": claims.get("email"),
        }
        attributes = {name: str(value) for name, value in known.items() if value}
        others = self._other_headers(auth)
        return User(
            user.name, attributes, headers=others, csrf=partial(self._csrf, user.name), is_lent=True
        )

    def place(self) -> Place:
        """Return where the first user's credential stands: `cookie` and `sid`, say."""
        auth = self._of(next(iter(self._users)))
        return place_of(auth.cookies, auth.query)

    def _csrf(self, name: str) -> RequestAuth:
        return self._auths[name].csrf if name in self._auths else NO_AUTH

    def _other_headers(self, auth: UserCredentials) -> dict[str, str]:
        """Return the headers that are no credential, a tenant's say."""
        known = self._not_credentials
        if known is None:
            return {}
        return {name: text for name, text in auth.headers.items() if name.lower() not in known}

    def name_schemes(self, security: SecurityModel) -> None:
        """Learn the word before a token that the document declares as a key in `Authorization`."""
        sent = [
            value
            for user in self._users.values()
            for name, value in self._of(user.name).headers.items()
            if name.lower() == "authorization"
        ]
        words = {value.partition(" ")[0] for value in sent if " " in value.strip()}
        for name, scheme in list(security.schemes.items()):
            if not scheme.is_http and scheme.field.lower() == "authorization" and len(words) == 1:
                security.name_word(name, min(words))

    def know_headers(self, security: SecurityModel) -> None:
        """Take the headers that are no credential for part of every request: a tenant's, say."""
        fields = {scheme.field.lower() for scheme in security.schemes.values()}
        self._not_credentials = fields | {"authorization", "cookie"}


def read_identities(
    path: Path, client: requests.Session, key_path: Path | None = None
) -> FileUsers:
    """Read an auth document, or an environment file, and the issuer's private key if there is one.

    Args:
        path: JSON or YAML.
        client: For login endpoints.
        key_path: An RSA private key as PEM.

    Raises:
        UsersUnreadable: A file is missing or is not what it should be.
    """
    return FileUsers(read_users(path), client, read_key(key_path))


def read_users(path: Path) -> list[FileUser]:
    """Read the users of an auth document or of an environment file.

    Raises:
        UsersUnreadable: The file is missing or is not what it should be.
    """
    document = read_document(path)
    if isinstance(document, Mapping) and isinstance(document.get("users"), list):
        document = {"auth": [_as_entry(user, path) for user in document["users"]]}
    return users_of(document, str(path))


def _as_entry(user: Any, path: Path) -> dict[str, Any]:
    try:
        header = {"name": AUTHORIZATION, "value": f"Bearer {user['access_token']}"}
        return {"name": user["username"], "fixedHeaders": [header]}
    except (KeyError, TypeError):
        raise UsersUnreadable(f"{path} has a user without username or token.") from None


def read_key(path: Path | None) -> rsa.RSAPrivateKey | None:
    """Read an RSA private key in PEM.

    Raises:
        UsersUnreadable: The file is missing or is something else.
    """
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
