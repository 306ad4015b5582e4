"""Identities that are given, not made: users of an auth document or of a ready file.

They cannot be replaced when used up; what needs no signing key is forged all the same.
"""

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import requests
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from apiproof.access.identities import Person
from apiproof.access.wfc import Carried, IdentitiesUnreadable, User, read_document, users_of
from apiproof.jwt import Forgery, NotMade, Scheme, jwk_of, read, signed

AUTHORIZATION = "Authorization"


class HeldIdentities:
    """People with credentials of their own, from a file."""

    renewable = False

    def __init__(
        self,
        users: Iterable[User],
        client: requests.Session,
        key: rsa.RSAPrivateKey | None = None,
        jwks: Iterable[Mapping[str, Any]] = (),
    ) -> None:
        self._client = client
        self._users = {user.name: user for user in users}
        self._carried: dict[str, Carried] = {}
        self._former: list[Carried] = []
        self._key = key
        self._jwks = tuple(jwks)

    def people(self) -> Iterator[Person]:
        """Yield everybody, in the file's order."""
        yield from (self._person(user) for user in self._users.values())

    def other(self, person: Person) -> Person:
        """Return the next user in the file.

        Raises:
            NotMade: There is only one.
        """
        names = list(self._users)
        name = names[(names.index(person.name) + 1) % len(names)]
        if name == person.name:
            raise NotMade("the identities file names one user only: ownership takes two")
        return self._person(self._users[name])

    def credential(self, person: Person, scheme: Scheme, scopes: tuple[str, ...]) -> str:  # noqa: ARG002  # a held token has the scopes that it has
        """Return a user's credential.

        Raises:
            NotMade: The user has none under this scheme.
        """
        carried = self._of(person.name)
        named: Mapping[str, str] = {
            "header": {name.lower(): value for name, value in carried.headers.items()},
            "query": carried.query,
            "cookie": carried.cookies,
        }[scheme.place]
        name = scheme.field.lower() if scheme.place == "header" else scheme.field
        value = named.get(name)
        if value is None:
            raise NotMade(f"{person.name} has no credential for the scheme {scheme.name}")
        if not scheme.is_http:
            return value
        kind, _, credential = value.partition(" ")
        if kind.lower() != scheme.kind or not credential:
            raise NotMade(f"{person.name} has no {scheme.kind} credential")
        return credential

    def forgery(self, person: Person, scheme: Scheme, lure: str) -> Forgery:
        """Return the key, where there is one; without it only what it yields."""
        key = self._key
        if key is None:
            return Forgery(jwks=self._jwks, lure=lure)
        token = read(self.credential(person, scheme, ()))
        kid = token.header.get("kid") if token else None
        own = (jwk_of(key, kid=str(kid)),) if kid is not None else ()
        return Forgery(
            sign=lambda header, claims: signed(header, claims, key),
            jwks=self._jwks or own or (jwk_of(key),),
            lure=lure,
        )

    def spent(self, person: Person) -> None:
        """Have the person sign in again, where that is how they got their credential."""
        if self._users[person.name].signs_in:
            self._former.append(self._carried.pop(person.name))

    def lasting(self, person: Person) -> bool:
        """Tell whether the person can sign in again."""
        return self._users[person.name].signs_in

    def disable(self, person: Person) -> None:
        """Refuse: only the service's operators can.

        Raises:
            NotMade: Always.
        """
        raise NotMade(f"{person.name} cannot be disabled from here")

    def secrets(self) -> list[str]:
        """Return the credentials that were used, and the passwords."""
        carried = [
            value.rpartition(" ")[2]
            for item in (*self._carried.values(), *self._former)
            for values in (item.headers, item.query, item.cookies)
            for value in values.values()
        ]
        return [*carried, *(user.password for user in self._users.values())]

    def _of(self, name: str) -> Carried:
        if name not in self._carried:
            self._carried[name] = self._users[name].credentials(self._client)
        return self._carried[name]

    def _person(self, user: User) -> Person:
        carried = self._of(user.name)
        token = read(carried.headers.get(AUTHORIZATION, "").rpartition(" ")[2])
        claims = token.claims if token else {}
        known = {
            "sub": claims.get("sub"),
            "username": claims.get("username") or user.username,
            "email": claims.get("email"),
        }
        return Person(user.name, {name: str(value) for name, value in known.items() if value})


def read_identities(
    path: Path, client: requests.Session, key_path: Path | None = None
) -> HeldIdentities:
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
    return HeldIdentities(users_of(document, str(path)), client, _key(key_path))


def _as_entry(user: Any, path: Path) -> dict[str, Any]:
    try:
        header = {"name": AUTHORIZATION, "value": f"Bearer {user['access_token']}"}
        return {"name": user["username"], "fixedHeaders": [header]}
    except (KeyError, TypeError):
        raise IdentitiesUnreadable(f"{path} has a user without username or token.") from None


def _key(path: Path | None) -> rsa.RSAPrivateKey | None:
    if path is None:
        return None
    try:
        key = serialization.load_pem_private_key(path.read_bytes(), None)
    except (OSError, ValueError, TypeError):
        raise IdentitiesUnreadable(
            f"{path} is not an RSA private key in PEM. Leave --signing-key out to try only what "
            "needs no key."
        ) from None
    if not isinstance(key, rsa.RSAPrivateKey):
        raise IdentitiesUnreadable(f"{path} holds no RSA key; other kinds are not supported.")
    return key
