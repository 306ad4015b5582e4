"""The control API's client: an environment in another process, called as one in this process is.

It imports none of what an environment runs, so that Schemathesis' hooks load in a moment.
"""

import functools
from collections.abc import Sequence
from typing import Any

import requests

from apiproof.environment_file import EnvironmentFile
from apiproof.errors import UserError
from apiproof.http.client import HttpClient
from apiproof.service import Account, Document, SeedUser, UserMissing


class EnvironmentGone(UserError):
    """Nobody answers at the control API."""


class ControlRefused(UserError):
    """The control API does not take the ready file's secret."""


class ControlClient:
    """An environment in another process, reached through its ready file; called alike."""

    def __init__(self, file: EnvironmentFile) -> None:
        self.client = HttpClient(file.base_url)
        self._control = HttpClient(file.control_url)
        self._control.headers["Authorization"] = f"Bearer {file.control_secret}"

    @functools.cached_property
    def document(self) -> Document:
        """The service's OpenAPI document."""
        return dict(self._ask("/document"))

    def new_account(self, scopes: Sequence[str] | None = None) -> Account:
        """Return a new verified account that nobody else uses, signed in."""
        return self._account("/accounts", scopes=scopes)

    def shared_account(self) -> Account:
        """Return the account that harmless requests share."""
        return self._account("/shared_account")

    def token(self, username: str, scopes: Sequence[str] | None = None) -> str:
        """Mint a token for a user with exactly these scopes, of the kind that the service takes."""
        return str(self._ask("/tokens", username=username, scopes=scopes)["token"])

    def invalidate(self, username: str) -> None:
        """Never hand out an account again: its session has ended."""
        self._ask("/invalidated", username=username)

    def create_unconfirmed_user(self) -> SeedUser:
        """Sign a new user up and leave the account unconfirmed."""
        return SeedUser(**{**self._ask("/unconfirmed"), "groups": ()})

    def account_with_temporary_password(self) -> Account:
        """Return a new account whose password has to be changed at the next login."""
        return self._account("/temporary_password")

    def account_with_app(self) -> Account:
        """Return a new account whose login asks for a code of the user's authenticator app."""
        return self._account("/app")

    def code(self, username: str) -> str:
        """Return what a user's authenticator app shows, or else the newest code that was mailed."""
        return str(self._ask("/codes", username=username)["code"])

    def sign(self, header: dict[str, Any], claims: dict[str, Any]) -> str:
        """Sign any header and claims with the key of the tokens that the service takes."""
        return str(self._ask("/signatures", header=header, claims=claims)["token"])

    def id_token(self, username: str) -> str:
        """Return an id token of a user, or an access token where the service takes id tokens."""
        return str(self._ask("/id_tokens", username=username)["token"])

    def jwks(self) -> list[dict[str, Any]]:
        """Return the published keys."""
        return list(self._ask("/keys"))

    def disable(self, username: str) -> bool:
        """Disable an account as the service's operators would; False if the service can't."""
        return bool(self._ask("/disabled", username=username))

    def groups(self, username: str) -> list[str]:
        """Return the groups that a user is in."""
        return list(self._ask("/groups", username=username))

    def set_groups(self, username: str, groups: Sequence[str]) -> None:
        """Put a user into these groups, and into no other."""
        self._ask("/groups", username=username, groups=list(groups))

    def is_alive(self) -> bool:
        """Tell whether the environment still runs."""
        try:
            self._ask("/coverage")
        except EnvironmentGone:
            return False
        return True

    def _account(self, path: str, **body: Any) -> Account:
        values = self._ask(path, **body)
        return Account(**{**values, "scopes": tuple(values["scopes"])})

    def _ask(self, path: str, **body: Any) -> Any:
        try:
            response = self._control.request("POST", path, json=body)
        except requests.ConnectionError:
            raise EnvironmentGone(
                "The environment of this ready file has ended. Run `apiproof serve` again."
            ) from None
        if response.status_code == 401:
            raise ControlRefused(
                "Another environment runs at the address in this ready file: it is stale. "
                "Run `apiproof serve` again."
            )
        if response.status_code == 404:
            raise UserMissing(response.json()["detail"])
        response.raise_for_status()
        return response.json()
