"""Fetching JSON over HTTP, with credentials that go to one origin only.

Credentials never reach a text: URLs are shown without theirs. Redirects are followed here, step
by step, because each step may lead to another origin.
"""

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import SplitResult, unquote, urljoin, urlsplit, urlunsplit

from apiproof.openapi.strict_json import strict_json

if TYPE_CHECKING:
    import requests

TIMEOUT: Final = 10.0  # seconds
LARGEST: Final = 50 * 2**20  # bytes of an answer
_REDIRECTS: Final = 5
_PORTS: Final = {"http": 80, "https": 443}
_LOOPBACK: Final = {"127.0.0.1", "::1", "localhost"}


class FetchFailed(Exception):
    """The address gave no JSON; one sentence that says why.

    Attributes:
        detail: what the answer itself said, as `{"detail": "..."}` or `{"errors": ...}`.
    """

    def __init__(self, text: str, detail: str = "") -> None:
        super().__init__(text)
        self.detail = detail


@dataclass(frozen=True)
class Credentials:
    """A bearer token, or a username and a password, for one origin; none at all is fine too.

    Attributes:
        token: a bearer token.
        username: where there is no token.
        password: likewise.
        origin: of the only server that is sent them, as a URL of it; without one, nobody is.
            Username and password that it holds count where there are no others.
    """

    token: str | None = field(default=None, repr=False)
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    origin: str = ""

    def are_for(self, url: str) -> bool:
        """Whether a URL is of the origin that they belong to (RFC 6454: scheme, host, port)."""
        return bool(self.origin) and _origin(url) == _origin(self.origin)

    def headers(self, url: str) -> dict[str, str]:
        """The Authorization header of the token, if a URL is sent it."""
        if self.token and self.are_for(url):
            return {"Authorization": f"Bearer {self.token}"}
        return {}

    def basic(self, url: str) -> tuple[str, str] | None:
        """Username and password for a URL: its own, or these where there is no token."""
        if own := _userinfo(url):
            return own
        if self.token or not self.are_for(url):
            return None
        if self.username is None:  # links to a server that is named with them come without
            return _userinfo(self.origin)
        return self.username, self.password or ""

    @property
    def are_given(self) -> bool:
        """Whether there are any."""
        return bool(self.token or self.username or _userinfo(self.origin))


def _origin(url: str) -> tuple[str, str | None, int | None]:
    parts = _split(url)
    scheme = parts.scheme.lower()
    return scheme, parts.hostname, parts.port or _PORTS.get(scheme)


def _userinfo(url: str) -> tuple[str, str] | None:
    parts = _split(url)
    if parts.username is None:
        return None
    return unquote(parts.username), unquote(parts.password or "")


def _split(url: str) -> SplitResult:
    """Split a URL; what is none has no parts."""
    try:
        parts = urlsplit(url)
        _ = parts.port  # raises where it is no port
    except ValueError:
        return urlsplit("")
    return parts


def joined_url(url: str, link: str) -> str:
    """Where a link leads that stands in what a URL gave; it may be relative (RFC 3986, 5)."""
    try:
        return urljoin(url, link)
    except ValueError:  # it is none, and refused when it is fetched
        return link


def shown_url(url: str) -> str:
    """A URL without the username and password that it may hold."""
    parts = _split(url)
    if not parts.netloc:
        return url.rpartition("@")[2]
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))


def fetch_json(url: str, credentials: Credentials, *, method: str = "GET", body: Any = None) -> Any:
    """Send one request and return the JSON of its answer, None where it has no body.

    Raises:
        FetchFailed: no answer, an error status, or something else than JSON.
    """
    shown = shown_url(url)
    response = _answer(url, credentials, method, body)
    if response.status_code in {401, 403}:
        raise FetchFailed(
            f"{shown}: answered {response.status_code}; {_advice(response.url, credentials)}"
        )
    text = response.text
    if not response.ok:
        raise FetchFailed(f"{shown}: answered {response.status_code}.", _detail(text))
    try:
        return strict_json(text) if text else None
    except ValueError as why:
        raise FetchFailed(f"{shown}: the answer is not JSON ({why}).") from None


def _answer(url: str, credentials: Credentials, method: str, body: Any) -> "requests.Response":
    """Send a request and follow redirects, asking anew at each step who may see credentials."""
    import requests  # noqa: PLC0415 - slow to import, and files on disk don't need it

    shown = shown_url(url)
    with requests.Session() as session:
        for _ in range(_REDIRECTS + 1):
            parts = _split(url)
            if parts.scheme.lower() not in _PORTS or not parts.hostname:
                leads = "" if shown == shown_url(url) else f"leads to {shown_url(url)}, which "
                raise FetchFailed(f"{shown}: {leads}is no http(s) URL; write https://host/path.")
            if parts.hostname in _LOOPBACK:
                session.trust_env = False  # the loopback interface is never behind a proxy
            headers = {"Accept": "application/hal+json, application/json"}
            headers |= credentials.headers(url)
            basic = credentials.basic(url)
            # A callable keeps requests from looking for credentials of its own in ~/.netrc.
            auth = requests.auth.HTTPBasicAuth(*basic) if basic else (lambda request: request)
            try:
                response = session.request(
                    method, shown_url(url), json=body, headers=headers, auth=auth,
                    timeout=TIMEOUT, allow_redirects=False,
                )  # fmt: skip
            except (requests.RequestException, ValueError) as why:
                raise FetchFailed(f"{shown}: no answer ({type(why).__name__}).") from None
            if len(response.content) > LARGEST:
                raise FetchFailed(f"{shown}: the answer is larger than {LARGEST} bytes.")
            if not response.is_redirect:
                return response
            url = joined_url(url, response.headers["Location"])
    raise FetchFailed(f"{shown}: more than {_REDIRECTS} redirects.")


def _advice(url: str, credentials: Credentials) -> str:
    if credentials.are_given and not credentials.are_for(url):
        parts = _split(url)
        asked = f"{parts.scheme}://{parts.netloc}"
        belongs = f"to {shown_url(credentials.origin)}" if credentials.origin else "to a Broker"
        return (
            f"the credentials belong {belongs} and were not sent to {asked}: "
            "pass --broker-url with the address of the server that they are for."
        )
    return "pass --broker-token, or --broker-username and --broker-password, with --broker-url."


def _detail(text: str) -> str:
    try:
        document = json.loads(text)
    except ValueError:
        return ""
    if not isinstance(document, dict):
        return ""
    said = document.get("detail") or document.get("errors") or document.get("error") or ""
    return (said if isinstance(said, str) else json.dumps(said, ensure_ascii=False))[:500]
