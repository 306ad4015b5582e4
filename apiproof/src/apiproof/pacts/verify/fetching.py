"""Fetching JSON over HTTP, with the credentials that pact files and Brokers are kept behind.

Credentials never reach a text: URLs are shown without theirs.
"""

import json
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit, urlunsplit

TIMEOUT = 10.0  # seconds


class Unfetched(Exception):
    """The address gave no JSON; one sentence that says why.

    Attributes:
        detail: what the answer itself said, as `{"detail": "..."}`, or nothing.
    """

    def __init__(self, text: str, detail: str = "") -> None:
        super().__init__(text)
        self.detail = detail


@dataclass(frozen=True)
class Credentials:
    """A bearer token, or a username and a password; none at all is fine too."""

    token: str | None = field(default=None, repr=False)
    username: str | None = None
    password: str | None = field(default=None, repr=False)

    @property
    def headers(self) -> dict[str, str]:
        """The Authorization header of the token, if there is one."""
        return {"Authorization": f"Bearer {self.token}"} if self.token else {}

    @property
    def basic(self) -> tuple[str, str] | None:
        """Username and password, where there is no token."""
        if self.token or self.username is None:
            return None
        return self.username, self.password or ""


def shown_url(url: str) -> str:
    """A URL without the username and password that it may hold."""
    parts = urlsplit(url)
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))


def fetch_json(url: str, credentials: Credentials, *, method: str = "GET", body: Any = None) -> Any:
    """Send one request and return the JSON of its answer, None where it has no body.

    Raises:
        Unfetched: no answer, an error status, or something else than JSON.
    """
    import requests  # noqa: PLC0415 - slow to import, and files on disk don't need it

    shown = shown_url(url)
    headers = {"Accept": "application/hal+json, application/json", **credentials.headers}
    try:
        response = requests.request(
            method, url, json=body, headers=headers, auth=credentials.basic, timeout=TIMEOUT
        )
    except (requests.RequestException, ValueError) as why:
        raise Unfetched(f"{shown}: no answer ({type(why).__name__}).") from None
    if response.status_code in {401, 403}:
        raise Unfetched(
            f"{shown}: answered {response.status_code}; pass --broker-token, or --broker-username "
            "and --broker-password."
        )
    if not response.ok:
        raise Unfetched(f"{shown}: answered {response.status_code}.", _detail(response.text))
    try:
        return response.json() if response.content else None
    except ValueError:
        raise Unfetched(f"{shown}: the answer is not JSON.") from None


def _detail(text: str) -> str:
    try:
        document = json.loads(text)
    except ValueError:
        return ""
    return str(document.get("detail", "")) if isinstance(document, dict) else ""
